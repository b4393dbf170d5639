import Foundation
import Testing

@testable import Agent

@Suite("Schedule")
struct ScheduleTests {
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    @Test("After a success the next poll comes within the interval, never later")
    func success() {
        for jitter in [0, 0.5, 1] {
            let next = Schedule.nextPoll(
                after: now,
                interval: .seconds(3600),
                failures: 0,
                jitter: jitter
            )
            #expect(next.timeIntervalSince(now) == 3600 * (1 - 0.1 * jitter))
        }
    }

    @Test(
        "After failures the delay doubles from 30 s up to the interval",
        arguments: [(1, 30.0), (2, 60), (3, 120), (4, 240), (8, 3600), (1000, 3600)]
    )
    func backOff(failures: Int, delay: TimeInterval) {
        let next = Schedule.nextPoll(
            after: now,
            interval: .seconds(3600),
            failures: failures,
            jitter: 0
        )
        #expect(next.timeIntervalSince(now) == delay)
    }

    @Test("A failure never waits longer than the interval")
    func shortInterval() {
        let next = Schedule.nextPoll(after: now, interval: .seconds(5), failures: 3, jitter: 0)
        #expect(next.timeIntervalSince(now) == 5)
    }
}
