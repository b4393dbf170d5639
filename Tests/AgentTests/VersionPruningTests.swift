import Foundation
import History
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("Pruning of versions")
struct VersionPruningTests {
    /// A history in which versions `a` to `f` were fetched in that order, and one is kept for its age.
    private struct Bed {
        let agent: Agent
        var history: History { agent.history }

        /// After `live` took the place of `previous`: what stays, by the versions' digits.
        func kept(live: Character, previous: Character? = nil) throws -> String {
            let certificate = try #require(agent.settings.certificates.first)
            let record = try #require(try history.version(version(live), of: "web"))
            let candidate = Candidate(
                certificate: certificate,
                record: record,
                files: nil,
                previous: previous.map(version),
                trigger: .sync
            )
            let kept = try agent.keptVersions(after: candidate).all
            return String(kept.compactMap(\.first).sorted())
        }

        func begin(_ digit: Character, after previous: Character? = nil) throws -> Int64 {
            try history.begin(
                NewDeployment(
                    certificate: "web",
                    version: version(digit),
                    trigger: .sync,
                    actor: "root",
                    startedAt: Date(),
                    previousVersion: previous.map(version),
                    runID: "run"
                )
            )
        }

        func deploy(_ digits: Character..., as outcome: Outcome = .deployed) throws {
            for digit in digits {
                let row = try begin(digit)
                try history.finish(row, as: outcome, reason: nil, error: nil, at: Date())
            }
        }

        func version(_ digit: Character) -> String { String(repeating: digit, count: 32) }
    }

    private func withBed(_ body: (Bed) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let settings = try Settings.parse(
                """
                secretsManagementSettings:
                  observedCertificates:
                    - {url: https://contoso.vault.azure.net/secrets/web, name: web}
                stateDirectory: \(directory)
                history: {keepVersions: 1}
                """,
                file: "kvagent.yaml"
            )
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let agent = try Agent.open(settings, actor: "root", logger: logger)
            let bed = Bed(agent: agent)
            let start = Date(timeIntervalSince1970: 1_795_504_800)
            try agent.history.register(certificate: "web", url: "u", at: start)
            for (age, digit) in "abcdef".enumerated() {
                try agent.history.record(
                    VersionRecord(
                        certificate: "web",
                        version: bed.version(digit),
                        thumbprint: String(repeating: "\(age)", count: 40),
                        sha256: String(repeating: "\(age)", count: 64),
                        fetchedAt: start.addingTimeInterval(Double(age))
                    )
                )
            }
            try body(bed)
        }
    }

    @Test("The newest stays, what is live, and what was live before")
    func usual() throws {
        try withBed { bed in
            let newest = try bed.kept(live: "f")
            #expect(newest == "f")
            #expect(try bed.kept(live: "c", previous: "e") == "cef")
        }
    }

    @Test("A pinned version stays, whether or not the pin still holds")
    func pinned() throws {
        try withBed { bed in
            for until in [nil, Date(timeIntervalSince1970: 0)] {
                try bed.history.setPin(
                    Pin(
                        certificate: "web",
                        version: bed.version("b"),
                        actor: "root",
                        at: Date(timeIntervalSince1970: -1),
                        until: until
                    )
                )
                #expect(try bed.kept(live: "f") == "bf")
            }
        }
    }

    @Test("The last good version stays, and the one that a rollback takes by itself")
    func good() throws {
        try withBed { bed in
            try bed.deploy("a", "b", "c", "f")
            #expect(try bed.kept(live: "f") == "cf")
            // Which is the last that was live, but refused by now.
            try bed.deploy("c", as: .rolledBack)
            #expect(try bed.kept(live: "f") == "bcf")
        }
    }

    @Test("What waits for a check hook or its validity stays, unless it was overtaken")
    func held() throws {
        try withBed { bed in
            try bed.deploy("b", "d", "e", as: .held)
            #expect(try bed.kept(live: "c") == "cdef")
            try bed.deploy("e", as: .rejected)
            #expect(try bed.kept(live: "c") == "cdf")
        }
    }

    @Test("What a hook is owed for stays")
    func owed() throws {
        try withBed { bed in
            try bed.history.owe(
                OwedHook(
                    certificate: "web",
                    version: bed.version("b"),
                    phase: "reload",
                    hook: "nginx",
                    since: Date()
                )
            )
            #expect(try bed.kept(live: "f") == "bf")
        }
    }

    @Test("What an open deployment is about stays, with what it took the place of")
    func open() throws {
        try withBed { bed in
            let row = try bed.begin("c", after: "a")
            #expect(try bed.kept(live: "f") == "acf")
            try bed.history.finish(row, as: .failed, reason: nil, error: "x", at: Date())
            #expect(try bed.kept(live: "f") == "f")
        }
    }
}
