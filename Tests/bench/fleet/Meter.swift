import Agent

/// Counts requests and answers over the spans of a scenario.
struct Meter {
    typealias Instant = ContinuousClock.Instant

    private let scenario: Scenario
    private let subjects: Int
    private var spanIndex = 0
    private var spanStart: Instant
    private var windows: [Int] = []
    private var throttled = 0
    private var unavailable = 0
    private var isRead: [Bool] = []
    private var readTimes: [Duration] = []

    /// Those of the spans that are over.
    private(set) var figures: [Figures] = []

    /// A meter at the start of a scenario.
    ///
    /// - Parameters:
    ///   - scenario: The spans.
    ///   - subjects: How many certificates there are, those of all hosts.
    ///   - start: When the first span begins.
    init(_ scenario: Scenario, subjects: Int, start: Instant) {
        self.scenario = scenario
        self.subjects = subjects
        spanStart = start
        clear()
    }

    /// Counts a request.
    mutating func count(_ answer: Answer, at now: Instant) {
        proceed(to: now)
        guard spanIndex < scenario.spans.count else { return }
        windows[Int(spanStart.duration(to: now) / SimulatedVault.window)] += 1
        switch answer {
        case .given: break
        case .throttled: throttled += 1
        case .unavailable: unavailable += 1
        }
    }

    /// Notes that a certificate was read successfully.
    mutating func noteRead(_ subject: Int, at now: Instant) {
        proceed(to: now)
        guard spanIndex < scenario.spans.count, !isRead[subject] else { return }
        isRead[subject] = true
        readTimes.append(spanStart.duration(to: now))
    }

    /// Closes the spans that are over by then.
    mutating func proceed(to now: Instant) {
        while spanIndex < scenario.spans.count,
            now >= spanStart + scenario.spans[spanIndex].length
        {
            figures.append(current())
            spanStart += scenario.spans[spanIndex].length
            spanIndex += 1
            clear()
        }
    }

    private mutating func clear() {
        throttled = 0
        unavailable = 0
        readTimes = []
        isRead = Array(repeating: false, count: subjects)
        guard spanIndex < scenario.spans.count else { return }
        let count = (scenario.spans[spanIndex].length / SimulatedVault.window).rounded(.up)
        windows = Array(repeating: 0, count: Int(count))
    }

    private func current() -> Figures {
        let sorted = windows.sorted()
        let span = scenario.spans[spanIndex]
        return Figures(
            scenario: scenario.name.rawValue,
            span: span.name,
            seconds: span.length.inSeconds,
            least: sorted.first ?? 0,
            median: sorted[rank(0.5, of: sorted.count)],
            p99: sorted[rank(0.99, of: sorted.count)],
            most: sorted.last ?? 0,
            requests: windows.reduce(0, +),
            throttled: throttled,
            unavailable: unavailable,
            halfRead: timeOfReading(0.5),
            p99Read: timeOfReading(0.99),
            allRead: timeOfReading(1),
            unread: subjects - readTimes.count
        )
    }

    private func timeOfReading(_ share: Double) -> Double? {
        let rank = rank(share, of: subjects)
        return rank < readTimes.count ? readTimes[rank].inSeconds : nil
    }

    /// The index of the least of `count` sorted values that has `share` of them up to it.
    private func rank(_ share: Double, of count: Int) -> Int {
        max(0, Int((share * Double(count)).rounded(.up)) - 1)
    }
}
