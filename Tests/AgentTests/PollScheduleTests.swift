import Foundation
import KeyVault
import Testing

@testable import Agent

@Suite("The daemon's plan of polls")
struct PollScheduleTests {
    private let now = ContinuousClock.now

    private func certificates(_ names: [String]) throws -> [ObservedCertificate] {
        let entries = names.map {
            "    - {url: \"https://kv.vault.azure.net/secrets/\($0)\", name: \($0)}"
        }
        return try Settings.parse(
            """
            secretsManagementSettings:
              pollingIntervalInS: 3600
              observedCertificates:
            \(entries.joined(separator: "\n"))
            """,
            file: "kvagent.yaml"
        ).certificates
    }

    @Test("Everything is due at once but for what is delayed")
    func start() throws {
        var schedule = PollSchedule(try certificates(["a", "b"]), now: now)
        schedule.delay("a", by: .seconds(60), now: now)
        #expect(schedule.due(at: now) == ["b"])
        #expect(schedule.due(at: now + .seconds(60)) == ["a", "b"])
        schedule.makeAllDue(now: now)
        #expect(schedule.due(at: now) == ["a", "b"])
    }

    @Test("A reload moves no poll, and what is new is due at once")
    func reload() throws {
        var schedule = PollSchedule(try certificates(["a", "b"]), now: now)
        schedule.delay("a", by: .seconds(60), now: now)
        schedule.delay("b", by: .seconds(90), now: now)
        schedule.follow(try certificates(["a", "b", "c"]), now: now)
        #expect(schedule.due(at: now) == ["c"])
        #expect(schedule.due(at: now + .seconds(60)) == ["a", "c"])
        #expect(schedule.due(at: now + .seconds(90)) == ["a", "b", "c"])
    }
}
