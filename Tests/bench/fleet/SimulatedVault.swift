/// A vault that takes so many requests in any 10 s, and answers the rest with 429.
struct SimulatedVault {
    typealias Instant = ContinuousClock.Instant

    /// How the vault behaves.
    struct Behaviour: Sendable {
        /// How many requests it takes in any 10 s.
        var limit = 4000
        /// Whether those that it refuses use the limit up, too.
        ///
        /// Microsoft says both: "Failed requests that return a 429 do not count towards the
        /// throttle limits" and "All requests accrue against your usage limits".
        var countsRefusals = false
    }

    /// Over what time requests are counted.
    static let window: Duration = .seconds(10)

    private static let timeToAnswer: Duration = .milliseconds(20)
    private static let timeToRefuse: Duration = .milliseconds(5)

    private let behaviour: Behaviour
    /// While it answers 503.
    private let outage: Range<Instant>?
    /// When the last requests were that count, as many as the limit: a ring.
    private var counted: [Instant] = []
    private var oldest = 0

    init(_ behaviour: Behaviour, outage: Range<Instant>? = nil) {
        self.behaviour = behaviour
        self.outage = outage
    }

    /// Answers a request.
    mutating func answer(at now: Instant) -> Answer {
        if let outage, outage.contains(now) { return .unavailable }
        let isFree =
            counted.count < behaviour.limit || counted[oldest].duration(to: now) >= Self.window
        if isFree || behaviour.countsRefusals { count(now) }
        return isFree ? .given : .throttled
    }

    /// How long an answer takes: half as long up to half as long again, by chance.
    func latency(_ answer: Answer, using random: inout SplitMix64) -> Duration {
        let usual = answer == .given ? Self.timeToAnswer : Self.timeToRefuse
        return usual * Double.random(in: 0.5...1.5, using: &random)
    }

    private mutating func count(_ now: Instant) {
        guard counted.count == behaviour.limit else { return counted.append(now) }
        counted[oldest] = now
        oldest = (oldest + 1) % behaviour.limit
    }
}
