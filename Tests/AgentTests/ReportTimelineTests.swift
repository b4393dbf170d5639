import Foundation
import History
import Testing

@testable import Agent

@Suite("The report's timelines")
struct ReportTimelineTests {
    private static let now = Date(timeIntervalSince1970: 1_795_504_800)  // 2026-11-24T07:20:00Z
    private static let utc = TimeZone(identifier: "UTC") ?? .current
    private static let clock = PageClock(now: now, timeZone: utc)

    private static func day(_ day: Double) -> Date { now.addingTimeInterval(day * 86_400) }

    private static func name(_ digit: Character) -> String { String(repeating: digit, count: 32) }

    private static func deployment(
        _ version: Character,
        _ outcome: Outcome?,
        day: Double,
        previous: Character? = nil,
        trigger: Trigger = .poll
    ) -> Deployment {
        Deployment(
            id: Int64(day * 10) + 100_000,
            certificate: "web",
            version: name(version),
            trigger: trigger,
            outcome: outcome,
            actor: "daemon",
            startedAt: Self.day(day),
            finishedAt: outcome == nil ? nil : Self.day(day),
            previousVersion: previous.map(name),
            runID: "run"
        )
    }

    private static func record(
        _ version: Character,
        from: Double,
        until: Double,
        fetched: Double? = nil
    ) -> VersionRecord {
        VersionRecord(
            certificate: "web",
            version: name(version),
            thumbprint: "A",
            notBefore: day(from),
            notAfter: day(until),
            fetchedAt: day(fetched ?? from)
        )
    }

    private static func current(_ version: Character, since: Double) -> CurrentVersion {
        CurrentVersion(version: name(version), since: day(since))
    }

    // MARK: what was live when

    @Test(
        "A rotation, a version that was taken back, a rollback: each has been live as long as it was"
    )
    func periods() {
        let deployments = [
            Self.deployment("1", .deployed, day: -90),
            Self.deployment("2", .deployed, day: -60, previous: "1"),
            Self.deployment("3", .rolledBack, day: -30, previous: "2"),
            Self.deployment("4", .rejected, day: -29, previous: "2"),
            Self.deployment("2", .deployed, day: -20, previous: "2", trigger: .drift),
            Self.deployment("1", .deployed, day: -10, previous: "2", trigger: .rollback),
            Self.deployment("5", nil, day: 0, previous: "1"),
        ]
        let periods = LivePeriod.all(
            deployments,
            current: Self.current("1", since: -10),
            now: Self.now
        )
        #expect(
            periods == [
                LivePeriod(version: Self.name("1"), from: Self.day(-90), until: Self.day(-60)),
                LivePeriod(version: Self.name("2"), from: Self.day(-60), until: Self.day(-10)),
                LivePeriod(version: Self.name("1"), from: Self.day(-10)),
            ]
        )
    }

    @Test("What was live before the deployments that are shown has no beginning")
    func earlier() {
        let periods = LivePeriod.all(
            [Self.deployment("2", .deployed, day: -5, previous: "1")],
            current: Self.current("2", since: -5),
            now: Self.now
        )
        #expect(
            periods == [
                LivePeriod(version: Self.name("1"), until: Self.day(-5)),
                LivePeriod(version: Self.name("2"), from: Self.day(-5)),
            ]
        )
    }

    @Test("The link on disk has the last word on what is live")
    func linkWins() {
        let deployments = [Self.deployment("1", .deployed, day: -5)]
        #expect(
            LivePeriod.all(deployments, current: Self.current("2", since: -1), now: Self.now)
                == [
                    LivePeriod(version: Self.name("1"), from: Self.day(-5), until: Self.day(-1)),
                    LivePeriod(version: Self.name("2"), from: Self.day(-1)),
                ]
        )
        #expect(
            LivePeriod.all(deployments, current: nil, now: Self.now).last?.until == Self.now
        )
        #expect(LivePeriod.all([], current: nil, now: Self.now).isEmpty)
    }

    // MARK: geometry

    private static func timeline(
        _ versions: [VersionRecord],
        _ deployments: [Deployment] = [],
        live: [LivePeriod] = [],
        pins: [PastPin] = [],
        older: Int = 0
    ) -> Timeline? {
        Timeline(
            TimelineSubject(
                versions: versions,
                olderVersions: older,
                deployments: deployments,
                periods: live,
                pins: pins
            ),
            clock: clock
        )
    }

    @Test("Dates lie where they should between the first and the last")
    func places() throws {
        let timeline = try #require(
            Self.timeline(
                [Self.record("1", from: -100, until: 100)],
                [Self.deployment("1", .deployed, day: -50)],
                live: [LivePeriod(version: Self.name("1"), from: Self.day(-50))],
                pins: [
                    PastPin(
                        pin: Pin(
                            certificate: "web",
                            version: Self.name("1"),
                            actor: "root",
                            at: Self.day(-20)
                        ),
                        removedAt: Self.day(-10)
                    )
                ]
            )
        )
        let lane = try #require(timeline.lanes.first)
        #expect(timeline.range == Self.day(-100)..<Self.day(100))
        #expect(timeline.now == 0.5)
        #expect(lane.validity == 0...1)
        #expect(lane.live == [0.25...0.5])
        #expect(lane.marks.map(\.at) == [0.25])
        #expect(lane.marks.map(\.event) == [.deployed])
        #expect(lane.pinned == [0.4...0.45])
    }

    @Test("A validity until the year 9999 doesn't press the past into one line")
    func endless() throws {
        let timeline = try #require(
            Self.timeline(
                [Self.record("1", from: -36_500, until: 2_900_000, fetched: -30)],
                [Self.deployment("1", .deployed, day: -30)]
            )
        )
        #expect(timeline.range == Self.day(-430)..<Self.day(400))
        #expect(timeline.lanes.first?.validity == 0...1)
    }

    @Test("Where nothing has happened there is no picture; where all is one moment there is one")
    func extremes() throws {
        #expect(Self.timeline([]) == nil)
        let moment = try #require(Self.timeline([Self.record("1", from: 0, until: 0)]))
        #expect(moment.now == 0)
        #expect(moment.lanes.count == 1)
        let reversed = try #require(Self.timeline([Self.record("1", from: 5, until: -5)]))
        #expect(reversed.lanes.first?.validity == nil)
    }

    @Test("Of many versions the newest are drawn, and the live one however old it is")
    func lanes() throws {
        let digits = Array("fedcba987654")
        let versions = digits.enumerated().map {
            Self.record($0.element, from: Double(-10 * $0.offset), until: 100)
        }
        let timeline = try #require(
            Self.timeline(
                versions,
                live: [LivePeriod(version: Self.name("4"), from: Self.day(-110))],
                older: 30
            )
        )
        #expect(timeline.lanes.map { $0.version.first } == Array("fedcba94"))
        #expect(timeline.olderVersions == 34)
    }

    @Test("A version that never could be fetched has a lane with its failures")
    func unfetched() throws {
        let timeline = try #require(
            Self.timeline(
                [Self.record("1", from: -100, until: 100)],
                [
                    Self.deployment("1", .deployed, day: -100),
                    Self.deployment("2", .rejected, day: -5),
                    Self.deployment("2", .ignored, day: -4),
                ]
            )
        )
        #expect(timeline.lanes.map { $0.version.first } == ["2", "1"])
        #expect(timeline.lanes[0].validity == nil)
        #expect(timeline.lanes[0].marks.map(\.event) == [.rejected])
    }

    @Test(
        "The axis has whole steps, five at most",
        arguments: [
            (0.002, ["07:20", "07:21", "07:22"]), (1, ["12:00", "18:00", "00:00", "06:00"]),
            (4, ["11-25", "11-26", "11-27", "11-28"]),
            (100, ["2026-12", "2027-01", "2027-02", "2027-03"]),
            (800, ["2027-01", "2027-07", "2028-01", "2028-07", "2029-01"]),
            (4000, ["2030", "2035"]),
        ] as [(Double, [String])]
    )
    func axis(days: Double, labels: [String]) {
        let ticks = TimelineAxis.ticks(Self.now..<Self.day(days), timeZone: Self.utc)
        #expect(ticks.map(\.label) == labels)
    }

    // MARK: hooks

    @Test("Runs of a hook are counted; exit status 75 is no failure")
    func durations() {
        func run(_ name: String, _ phase: String, _ exit: Int?, _ duration: Int) -> HookRunRecord {
            HookRunRecord(
                name: name,
                phase: phase,
                startedAt: Self.now,
                exitCode: exit,
                durationMs: duration
            )
        }
        var first = Self.deployment("1", .deployed, day: -2)
        first.hookRuns = [
            run("b", "reload", 0, 100), run("a", "reload", 75, 10), run("z", "check", 0, 1),
        ]
        var second = Self.deployment("2", .rolledBack, day: -1)
        second.hookRuns = [
            run("b", "reload", 1, 300), run("b", "reload", nil, 200), run("a", "reload", 0, 20),
        ]
        #expect(
            HookDurations.all([first, second]) == [
                HookDurations(
                    phase: "check",
                    name: "z",
                    runs: 1,
                    failures: 0,
                    medianMs: 1,
                    longestMs: 1
                ),
                HookDurations(
                    phase: "reload",
                    name: "a",
                    runs: 2,
                    failures: 0,
                    medianMs: 15,
                    longestMs: 20
                ),
                HookDurations(
                    phase: "reload",
                    name: "b",
                    runs: 3,
                    failures: 2,
                    medianMs: 200,
                    longestMs: 300
                ),
            ]
        )
    }
}
