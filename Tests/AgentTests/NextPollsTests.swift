import Foundation
import Testing

@testable import Agent

@Suite("The next polls after a pass")
struct NextPollsTests {
    private let start = Date(timeIntervalSince1970: 1_790_000_000)
    /// A vault that refuses can keep a pass as long.
    private var end: Date { start.addingTimeInterval(47) }

    /// Seconds from the pass's end to the next poll.
    private func rest(
        failures: Int,
        pause: Duration? = nil,
        interval: Int = 3600,
        phase: Double = 0,
        jitter: Double = 0
    ) -> TimeInterval {
        NextPolls(end: end, phase: phase, jitter: jitter).date(
            after: start,
            interval: .seconds(interval),
            failures: failures,
            pause: pause
        ).timeIntervalSince(end)
    }

    @Test("A failure is tried again so long after the pass, however long that took")
    func failure() {
        #expect(rest(failures: 1) == 30)
        #expect(rest(failures: 2) == 60)
        #expect(rest(failures: 1, jitter: 1) == 15)
    }

    @Test("A pass that lasted past the host's point has not used up that poll")
    func success() {
        let point = (start.timeIntervalSince1970 + 20) / 3600
        #expect(abs(rest(failures: 0, phase: point - point.rounded(.down)) - (20 - 47)) < 0.001)
    }

    @Test("A vault that wants to be left alone is, and hosts that were told the same differ then")
    func pause() {
        #expect(rest(failures: 1, pause: .seconds(120)) == 120)
        #expect(rest(failures: 1, pause: .seconds(120), jitter: 1) == 180)
        #expect(rest(failures: 1, pause: .seconds(3600), jitter: 1) == 3960)
        #expect(rest(failures: 1, pause: .seconds(120), interval: 60, jitter: 1) == 126)
        #expect(rest(failures: 4, pause: .seconds(120)) == 240)
    }
}
