import Foundation

/// Runs a scenario in virtual time: nothing waits, and nothing is sent.
struct Simulation<Host: SimulatedHost> {
    typealias Instant = ContinuousClock.Instant

    private let fleet: Fleet
    private let end: Instant
    private var hosts: [Host]
    private var vault: SimulatedVault
    private var meter: Meter
    private var events = EventQueue()
    private var turn: Turn

    /// A fleet at the instant at which all of its hosts start.
    ///
    /// - Parameters:
    ///   - scenario: What happens.
    ///   - fleet: The hosts.
    ///   - behaviour: How the vault behaves.
    ///   - seed: What chance begins with.
    init(
        _ scenario: Scenario,
        of fleet: Fleet,
        asking behaviour: SimulatedVault.Behaviour,
        seed: UInt64
    ) {
        // Only the time since then counts.
        let start = ContinuousClock.now
        self.fleet = fleet
        end = start + scenario.length
        vault = SimulatedVault(
            behaviour,
            outage: scenario.outage.map { start + $0.lowerBound..<start + $0.upperBound }
        )
        meter = Meter(
            scenario,
            subjects: fleet.points.count * fleet.certificates.count,
            start: start
        )
        turn = Turn(
            start: start,
            startDate: Date(timeIntervalSince1970: 1_790_000_000),
            now: start,
            random: SplitMix64(seed: seed)
        )
        hosts = fleet.points.indices.map {
            Host($0, of: fleet, isInstalled: scenario.isInstalled, start: start)
        }
        for (index, host) in hosts.enumerated() {
            events.plan(.poll, of: index, at: host.firstPoll)
        }
    }

    /// Runs to the scenario's end.
    ///
    /// - Returns: What was counted, one for each span.
    mutating func run() -> [Figures] {
        while let event = events.next(), event.at < end {
            turn.now = event.at
            hosts[event.host].handle(event.kind, in: fleet, &turn)
            serve(event.host)
        }
        meter.proceed(to: end)
        return meter.figures
    }

    /// Does what a host wants.
    private mutating func serve(_ host: Int) {
        for certificate in turn.requests {
            let answer = vault.answer(at: turn.now)
            meter.count(answer, at: turn.now)
            let latency = vault.latency(answer, using: &turn.random)
            events.plan(
                .answer(certificate: certificate, answer),
                of: host,
                at: turn.now + latency
            )
        }
        turn.requests.removeAll(keepingCapacity: true)
        for certificate in turn.read {
            meter.noteRead(host * fleet.certificates.count + certificate, at: turn.now)
        }
        turn.read.removeAll(keepingCapacity: true)
        if let gate = turn.gate { events.plan(.gate, of: host, at: gate) }
        if let poll = turn.poll { events.plan(.poll, of: host, at: poll) }
        turn.gate = nil
        turn.poll = nil
    }
}
