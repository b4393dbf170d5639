/// What happens to a fleet, and the times over which its requests are counted.
struct Scenario: Sendable {
    /// A time over which requests are counted.
    struct Span: Sendable {
        let name: String
        let length: Duration
    }

    /// The scenarios there are.
    enum Name: String, CaseIterable, Sendable {
        case restart, install, outage, naive
    }

    let name: Name
    /// Whether all certificates are live at the start, which all hosts have at the same instant.
    let isInstalled: Bool
    /// When the vault answers 503, counted from the start.
    let outage: Range<Duration>?
    /// One after the other, from the start on.
    let spans: [Span]

    private static let day: Duration = .seconds(86_400)
    private static let outageLength: Duration = .seconds(3600)

    /// A scenario for a fleet of that interval.
    init(_ name: Name, interval: Duration) {
        self.name = name
        isInstalled = name != .install
        switch name {
        case .install:
            outage = nil
            spans = [
                Span(name: "the first interval", length: interval),
                Span(name: "the next", length: interval),
                Span(name: "the day after that", length: Self.day),
            ]
        case .outage:
            let begin = interval * 2
            outage = begin..<begin + Self.outageLength
            spans = [
                Span(name: "before", length: begin),
                Span(name: "an hour of 503", length: Self.outageLength),
                Span(name: "the interval after it", length: interval),
                Span(name: "the next", length: interval),
            ]
        case .restart, .naive:
            outage = nil
            spans = [
                Span(name: "the first interval", length: interval),
                Span(name: "the day after that", length: Self.day),
            ]
        }
    }

    var length: Duration { spans.reduce(.zero) { $0 + $1.length } }
}

extension Scenario {
    /// Runs it.
    ///
    /// - Parameters:
    ///   - fleet: The hosts.
    ///   - vault: How the vault behaves.
    ///   - seed: What chance begins with.
    /// - Returns: What was counted, one for each span.
    func figures(
        of fleet: Fleet,
        asking vault: SimulatedVault.Behaviour,
        seed: UInt64
    ) -> [Figures] {
        if name == .naive {
            var simulation = Simulation<ExtensionHost>(self, of: fleet, asking: vault, seed: seed)
            return simulation.run()
        }
        var simulation = Simulation<AgentHost>(self, of: fleet, asking: vault, seed: seed)
        return simulation.run()
    }
}
