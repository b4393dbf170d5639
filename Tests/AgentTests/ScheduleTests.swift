import Foundation
import Testing

@testable import Agent

@Suite("Schedule")
struct ScheduleTests {
    private let now = Date(timeIntervalSince1970: 1_790_000_000)

    private func next(
        after date: Date,
        _ interval: Int = 3600,
        failures: Int = 0,
        phase: Double = 0,
        jitter: Double = 0
    ) -> TimeInterval {
        Schedule.nextPoll(
            after: date,
            interval: .seconds(interval),
            failures: failures,
            phase: phase,
            jitter: jitter
        ).timeIntervalSince(date)
    }

    @Test(
        "After a success the next poll comes at the host's own point of the interval",
        arguments: [1, 5, 60, 3600, 604_800]
    )
    func success(interval: Int) {
        for phase in [0, 0.25, 0.999] {
            let delay = next(after: now, interval, phase: phase)
            #expect(delay > 0 && delay <= Double(interval) + Schedule.earliness)
            let point = now.addingTimeInterval(delay)
            let turns = point.timeIntervalSince1970 / Double(interval) - phase
            #expect(abs(turns - turns.rounded()) * Double(interval) < 0.001)
            // From then on it is the interval to the second, however long a poll takes.
            for late in [0, 0.01, 0.3] {
                let start = point.addingTimeInterval(late * Double(interval))
                let rest = next(after: start, interval, phase: phase)
                #expect(abs(rest - Double(interval) * (1 - late)) < 0.001)
            }
        }
    }

    @Test("A poll that a pass took along early is not made again a moment later")
    func early() {
        let point = now.addingTimeInterval(next(after: now, phase: 0.5))
        #expect(next(after: point.addingTimeInterval(-1), phase: 0.5) == 3601)
    }

    @Test("Hosts that were held up together fall back into their places")
    func afterOutage() {
        let points = (0..<3600).map { next(after: now, phase: Splay(host: "h\($0)").phase) }
        var minutes = Array(repeating: 0, count: 62)
        for point in points { minutes[Int(point / 60)] += 1 }
        // 60 in each on the average; the spread is a binomial's, and always the same.
        #expect(minutes[1...59].allSatisfy { (30...95).contains($0) }, "\(minutes)")
    }

    @Test(
        "After failures the delay doubles from 30 s up to the interval",
        arguments: [(1, 30.0), (2, 60), (3, 120), (4, 240), (8, 3600), (1000, 3600)]
    )
    func backOff(failures: Int, delay: TimeInterval) {
        #expect(next(after: now, failures: failures) == delay)
        #expect(next(after: now, failures: failures, jitter: 1) == delay / 2)
    }

    @Test("A failure never waits longer than the interval")
    func shortInterval() {
        #expect(next(after: now, 5, failures: 3) == 5)
    }

    @Test("A host's points are its own, always the same, and tell nothing of its id")
    func splay() {
        let one = Splay(host: "4f1c one")
        #expect(one == Splay(host: "4f1c one") && one.phase == Splay(host: "4f1c one").phase)
        #expect(one.phase != Splay(host: "4f1c two").phase)
        #expect(one.start(of: "a") != one.start(of: "b") && one.start(of: "a") != one.phase)
        for name in 0..<1000 { #expect((0..<1).contains(one.start(of: "\(name)"))) }
        #expect(Splay.ofThisHost() == Splay.ofThisHost())
    }
}
