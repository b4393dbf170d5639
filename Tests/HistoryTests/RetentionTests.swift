import Foundation
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Retention")
struct RetentionTests {
    /// The moment before which rows are old: what `deploy(_:at:)` does at 10 or before is.
    private let end = time(100)
    private let now = time(1000)

    @Test("Old deployments go with their hook runs, and what kvagent goes by stays")
    func deployments() throws {
        try withHistory { history, path in
            for number in 1...6 {
                let id = try history.deploy(version(number), at: time(Double(number)))
                try history.record(.sample(), of: id)
            }
            try history.deploy(version(1), of: "api", at: time(3))
            let removed = try history.removeRows(before: end, at: now)
            #expect(removed.deployments == 4 && removed.hookRuns == 4 && removed.total == 8)
            #expect(try kept(history) == [6, 5])
            #expect(try kept(history, of: "api") == [1])
            #expect(try history.lastGood(before: version(6), of: "web") == version(5))
            #expect(try history.versions(of: "web").isEmpty)
            #expect(try history.verify(digest: .sha256).fault == nil)
            #expect(try history.verify(digest: .sha256).removed == 8)
            // Nothing more is old, and nothing is written.
            let before = try text(path, "SELECT max(seq) || '' FROM ledger_entry")
            #expect(try history.removeRows(before: end, at: now).total == 0)
            #expect(try text(path, "SELECT max(seq) || '' FROM ledger_entry") == before)
            #expect(try text(path, "PRAGMA foreign_key_check") == nil)
        }
    }

    @Test("What is newer stays, and what ended later than it began")
    func newer() throws {
        try withHistory { history, _ in
            try history.deploy(version(1), at: time(1))
            let slow = try history.begin(.sample(version(2), at: time(2)))
            try history.finish(slow, as: .failed, reason: nil, error: nil, at: time(200))
            let later = try history.deploy(version(3), as: .failed, at: time(3))
            var run = HookRunRecord.sample()
            run.startedAt = time(300)
            try history.record(run, of: later)
            for number in 4...6 { try history.deploy(version(number), at: time(1000)) }
            #expect(try history.removeRows(before: end, at: now).deployments == 1)
            #expect(try kept(history) == [6, 5, 4, 3, 2])
        }
    }

    @Test("The last two good versions stay, however often one of them was deployed again")
    func lastGood() throws {
        try withHistory { history, _ in
            for number in [1, 2, 1, 2, 3, 2, 3, 3] { try history.deploy(version(number)) }
            try history.deploy(version(4), as: .failed)
            try history.removeRows(before: end, at: now)
            #expect(try kept(history) == [4, 3, 2])
            #expect(try history.lastGood(before: version(3), of: "web") == version(2))
        }
    }

    @Test("A version that was refused after it was live is not what can be gone back to")
    func refusedLater() throws {
        try withHistory { history, _ in
            for number in 1...4 { try history.deploy(version(number)) }
            try history.deploy(version(3), as: .rolledBack)
            try history.removeRows(before: end, at: now)
            #expect(try kept(history) == [3, 4, 3, 2])
        }
    }

    @Test("A refusal stays until a retry or a deployment has ended it")
    func refusals() throws {
        try withHistory { history, _ in
            try history.deploy(version(1), as: .rejected)
            try history.clearRefusals(of: "web", at: time(2), actor: "ada")
            try history.deploy(version(2), as: .rejected)
            try history.deploy(version(3), as: .rolledBack)
            try history.deploy(version(3))
            for number in 4...6 { try history.deploy(version(number)) }
            for _ in 0..<3 { try history.removeRows(before: end, at: now) }
            // The retry speaks of the first, so it stays as well.
            #expect(try kept(history) == [6, 5, 2, 1])
            #expect(try history.refusal(of: version(2), of: "web") != nil)
            for number in [1, 3] {
                #expect(try history.refusal(of: version(number), of: "web") == nil)
            }
        }
    }

    @Test("What ended a refusal does not go before it")
    func refusalOutlivesItsEnd() throws {
        try withHistory { history, _ in
            let refused = try history.deploy(version(1), as: .rejected)
            var run = HookRunRecord.sample()
            run.startedAt = time(300)
            try history.record(run, of: refused)
            for number in 1...4 { try history.deploy(version(number)) }
            try history.removeRows(before: end, at: now)
            #expect(try kept(history) == [4, 3, 1, 1])
            #expect(try history.refusal(of: version(1), of: "web") == nil)
            for _ in 0..<2 { try history.removeRows(before: time(400), at: now) }
            #expect(try kept(history) == [4, 3])
        }
    }

    @Test("Of retries the last stays, of pins those that hold")
    func retriesAndPins() throws {
        try withHistory { history, path in
            for number in 1...3 {
                try history.deploy(version(number), as: .rejected)
                try history.clearRefusals(of: "web", at: time(2), actor: "ada")
                let pin = Pin(certificate: "web", version: version(1), actor: "ada", at: time(2))
                try history.setPin(pin)
            }
            let removed = try history.removeRows(before: end, at: now)
            #expect(removed.retries == 2 && removed.pins == 2)
            #expect(try history.pins(of: "web").map(\.removedAt) == [nil])
            #expect(try text(path, "SELECT group_concat(id) FROM retry") == "3")
            for number in 1...3 {
                #expect(try history.refusal(of: version(number), of: "web") == nil)
            }
            #expect(try history.verify(digest: .sha256).fault == nil)
        }
    }

    @Test(
        "What is under way or owed keeps the rows of its versions, and the vault's newest one its"
    )
    func unfinished() throws {
        try withHistory { history, _ in
            for number in 1...9 { try history.deploy(version(number), as: .failed) }
            try history.owe(
                OwedHook(
                    certificate: "web",
                    version: version(2),
                    phase: "reload",
                    hook: "reload/h",
                    since: time(1)
                )
            )
            try history.recordPoll(
                PollRecord(certificate: "web", lastTryAt: time(1), latestVersion: version(3))
            )
            _ = try history.begin(.sample(version(4), previous: version(5)))
            try history.removeRows(before: end, at: now)
            #expect(try kept(history) == [4, 9, 5, 4, 3, 2])
        }
    }

    @Test("Not more than so many go at once, the oldest first, and counters go on")
    func limit() throws {
        try withHistory { history, _ in
            for number in 1...9 { try history.deploy(version(number), at: time(Double(number))) }
            #expect(try history.removeRows(before: end, at: now, limit: 3).deployments == 3)
            #expect(try kept(history) == [9, 8, 7, 6, 5, 4])
            #expect(try history.removeRows(before: end, at: now, limit: 3).deployments == 3)
            #expect(try history.removeRows(before: end, at: now, limit: 3).deployments == 1)
            #expect(
                try history.outcomeCounts(of: ["web", "api"])
                    == [OutcomeCount(certificate: "web", outcome: .deployed, count: 9)]
            )
            #expect(try history.verify(digest: .sha256).removed == 7)
        }
    }

    @Test(
        "A row that retention did not remove is missed",
        arguments: [
            // Before the mark, one more than went; after it, the row itself.
            ("DELETE FROM deployment WHERE id = 1", .tooManyMissing, "deployment"),
            ("DELETE FROM hook_run WHERE id = 1", .tooManyMissing, "hook_run"),
            ("DELETE FROM deployment WHERE version LIKE '%8'", .missing, "deployment.begun"),
            ("DELETE FROM retention", .missing, "deployment.begun"),
            ("UPDATE retention SET deployments = 5", .changed, "retention.ended"),
            ("UPDATE retention SET through_entry = 100", .changed, "retention.ended"),
        ] as [(String, LedgerFault.Kind, String)]
    )
    func missed(sql: String, kind: LedgerFault.Kind, subject: String) throws {
        try withHistory { history, path in
            let refused = try history.deploy(version(10), as: .rejected)
            try history.record(.sample(), of: refused)
            for number in 1...6 {
                let id = try history.deploy(version(number))
                try history.record(.sample(), of: id)
            }
            try history.removeRows(before: end, at: now)
            try history.deploy(version(8))
            try history.deploy(version(9))
            #expect(try history.verify(digest: .sha256).fault == nil)
            try forge(path, sql)
            let fault = try history.verify(digest: .sha256).fault
            #expect(fault?.kind == kind && fault?.subject == subject)
        }
    }

    @Test(
        "Triggers let nothing else go",
        arguments: [
            "DELETE FROM deployment WHERE id = 6", "DELETE FROM deployment WHERE id = 5",
            "DELETE FROM hook_run WHERE deployment_id = 6", "DELETE FROM hook_run",
            "DELETE FROM pin WHERE removed_at IS NULL", "DELETE FROM retry",
            "DELETE FROM version", "DELETE FROM version_file", "DELETE FROM ledger_entry",
            "DELETE FROM retention",
            "INSERT INTO retention (begun_at, before) SELECT begun_at, before FROM retention",
            "UPDATE retention SET before = '9999-01-01T00:00:00.000Z'",
            "UPDATE retention SET begun_at = before",
        ]
    )
    func triggers(sql: String) throws {
        try withHistory { history, path in
            try history.record(.sample(version(6)))
            for number in 1...6 {
                let id = try history.deploy(version(number))
                try history.record(.sample(), of: id)
            }
            try history.deploy(version(7), as: .rejected)
            try history.clearRefusals(of: "web", at: time(2), actor: "ada")
            try history.setPin(
                Pin(certificate: "web", version: version(1), actor: "a", at: time(1))
            )
            let other = try forging(path)
            try other.write { db in
                try db.execute(
                    sql: "INSERT INTO retention (begun_at, before) VALUES (?, ?)",
                    arguments: [Timestamp.text(now), Timestamp.text(end)]
                )
            }
            #expect(throws: DatabaseError.self) {
                try other.write { try $0.execute(sql: sql) }
            }
            // While this, of what is old, is let go.
            try other.write { db in
                try db.execute(
                    sql: """
                        DELETE FROM hook_run WHERE deployment_id = 1;
                        DELETE FROM deployment WHERE id = 1;
                        """
                )
            }
        }
    }

    @Test("Without the function nobody can begin to remove")
    func needsFunction() throws {
        try withHistory { history, path in
            try history.deploy(version(1))
            #expect(throws: DatabaseError.self) {
                try raw(path).write { db in
                    try db.execute(
                        sql: "INSERT INTO retention (begun_at, before) VALUES (?, ?)",
                        arguments: [Timestamp.text(now), Timestamp.text(end)]
                    )
                }
            }
        }
    }

    /// The versions of the deployments that there still are, newest first.
    private func kept(_ history: History, of certificate: String = "web") throws -> [Int] {
        try history.deployments(HistoryFilter(certificate: certificate)).map {
            Int($0.version, radix: 16) ?? -1
        }
    }
}
