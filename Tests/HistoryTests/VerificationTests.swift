import Foundation
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("The chain of the ledger")
struct VerificationTests {
    /// A change behind kvagent's back, and what is said of it.
    struct Forgery: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let fault: LedgerFault

        init(_ sql: String, _ fault: LedgerFault) {
            testDescription = sql
            self.sql = sql
            self.fault = fault
        }

        init(
            _ sql: String,
            _ kind: LedgerFault.Kind,
            _ entry: Int64?,
            _ subject: String,
            _ rowID: Int64,
            _ certificate: String? = nil,
            _ version: String? = nil,
            at: Date? = nil
        ) {
            self.init(
                sql,
                LedgerFault(
                    kind: kind,
                    entry: entry,
                    subject: subject,
                    rowID: rowID,
                    certificate: certificate,
                    version: version,
                    at: at
                )
            )
        }
    }

    @Test("What kvagent writes is chained, all of it, and unbroken")
    func unbroken() throws {
        try withLedger { history, path in
            let verification = try history.verify(digest: .sha256)
            #expect(verification.fault == nil)
            #expect(verification.entries == 14)
            #expect(verification.head?.count == 64)
            let subjects = try raw(path).read { db in
                try String.fetchAll(db, sql: "SELECT subject FROM ledger_entry ORDER BY seq")
            }
            #expect(
                subjects == [
                    "version.fetched", "version.completed", "version.fetched",
                    "deployment.begun", "hook_run.ended", "deployment.closed",
                    "version.completed",
                    "deployment.begun", "deployment.closed", "retry.asked",
                    "deployment.begun", "pin.set", "pin.lifted", "pin.set",
                ]
            )
            let reader = try #require(try History.openForReading(at: path))
            #expect(try reader.verify(digest: .sha256) == verification)
        }
    }

    @Test("Each entry binds all before it, by a sum that anyone can do again")
    func arithmetic() throws {
        try withLedger { _, path in
            try raw(path).read { db in
                var chain = [UInt8](repeating: 0, count: 32)
                var last: String?
                try Query.ledgerEntries.forEach(db) { row in
                    let text: String = try row.read("text")
                    let content = LedgerDigest.sha256(Array(text.utf8))
                    chain = LedgerDigest.sha256(chain + content)
                    let entry: [Data] = [try row.read("content"), try row.read("chain")]
                    #expect(entry == [Data(content), Data(chain)])
                    last = text
                }
                let at = Timestamp.text(time(6))
                #expect(last == #"["pin.set",2,"web","\#(version(2))",null,"ada","\#(at)",null]"#)
            }
        }
    }

    @Test("A history without a row is unbroken, and has no head")
    func empty() throws {
        try withHistory { history, _ in
            let verification = try history.verify(digest: .sha256)
            #expect(verification == LedgerVerification(entries: 0))
        }
    }

    @Test(
        "What was touched first is named",
        arguments: [
            Forgery(
                "UPDATE deployment SET reason = 'none' WHERE id = 1",
                .changed,
                6,
                "deployment.closed",
                1,
                "web",
                version(1),
                at: time(1)
            ),
            Forgery(
                "UPDATE deployment SET actor = 'root' WHERE id = 3",
                .changed,
                11,
                "deployment.begun",
                3,
                "web",
                version(3),
                at: time(1)
            ),
            Forgery(
                "UPDATE deployment SET outcome = NULL, finished_at = NULL WHERE id = 1",
                .changed,
                6,
                "deployment.closed",
                1,
                "web",
                version(1),
                at: time(1)
            ),
            Forgery(
                """
                UPDATE deployment SET outcome = 'deployed', finished_at = started_at WHERE id = 3
                """,
                .unrecorded,
                nil,
                "deployment.closed",
                3,
                "web",
                version(3),
                at: time(1)
            ),
            Forgery("UPDATE version SET subject = 'CN=x' WHERE id = 1", .ofVersion),
            Forgery("UPDATE version_file SET sha256 = replace(sha256, '1', '3')", .ofVersion),
            Forgery("DELETE FROM version_file WHERE name = 'privkey.pem'", .ofVersion),
            Forgery(
                "INSERT INTO version_file SELECT 1, 'x', sha256 FROM version WHERE id = 1",
                .ofVersion
            ),
            Forgery(
                "UPDATE hook_run SET exit_code = 1",
                .changed,
                5,
                "hook_run.ended",
                1,
                "web",
                version(1),
                at: time(2)
            ),
            Forgery("DELETE FROM hook_run", .missing, 5, "hook_run.ended", 1),
            Forgery("DELETE FROM deployment WHERE id = 2", .missing, 8, "deployment.begun", 2),
            Forgery(
                "UPDATE retry SET actor = 'root'",
                .changed,
                10,
                "retry.asked",
                1,
                "web",
                at: time(5)
            ),
            Forgery(
                "UPDATE pin SET removed_by = 'root' WHERE id = 1",
                .changed,
                13,
                "pin.lifted",
                1,
                "web",
                version(1),
                at: time(6)
            ),
            Forgery("DELETE FROM pin WHERE id = 1", .missing, 12, "pin.set", 1),
            Forgery(
                """
                INSERT INTO deployment (
                    certificate, version, "trigger", actor, run_id, started_at
                ) SELECT 'api', version, 'poll', actor, run_id, started_at FROM deployment
                WHERE id = 1
                """,
                .unrecorded,
                nil,
                "deployment.begun",
                4,
                "api",
                version(1),
                at: time(1)
            ),
            // A row in the place of one that was taken out.
            Forgery(
                """
                DELETE FROM deployment WHERE id = 2;
                INSERT INTO deployment (
                    id, certificate, version, "trigger", actor, run_id, started_at
                ) SELECT 2, 'api', version, 'poll', actor, run_id, started_at FROM deployment
                WHERE id = 1
                """,
                .changed,
                8,
                "deployment.begun",
                2,
                "api",
                version(1),
                at: time(1)
            ),
            Forgery(
                "DELETE FROM ledger_entry WHERE seq = 8",
                LedgerFault(kind: .entryMissing, entry: 8)
            ),
            Forgery(
                "DELETE FROM ledger_entry WHERE seq = 1",
                LedgerFault(kind: .entryMissing, entry: 1)
            ),
            // The row's entries too, and those after it moved up.
            Forgery(
                """
                DELETE FROM ledger_entry WHERE seq IN (8, 9);
                DELETE FROM deployment WHERE id = 2;
                UPDATE ledger_entry SET seq = seq - 2 WHERE seq > 9;
                """,
                .chainBroken,
                8,
                "retry.asked",
                1,
                "web",
                at: time(5)
            ),
            Forgery(
                """
                UPDATE ledger_entry SET seq = -seq WHERE seq IN (4, 8);
                UPDATE ledger_entry SET seq = 4 WHERE seq = -8;
                UPDATE ledger_entry SET seq = 8 WHERE seq = -4;
                """,
                .chainBroken,
                4,
                "deployment.begun",
                2,
                "web",
                version(2),
                at: time(1)
            ),
            Forgery(
                "UPDATE ledger_entry SET content = chain WHERE seq = 4",
                .chainBroken,
                4,
                "deployment.begun",
                1,
                "web",
                version(1),
                at: time(1)
            ),
            Forgery(
                "UPDATE ledger_entry SET row_id = 2 WHERE seq = 4",
                .changed,
                4,
                "deployment.begun",
                2,
                "web",
                version(2),
                at: time(1)
            ),
            Forgery(
                "UPDATE ledger_entry SET subject = 'deployment.closed' WHERE seq = 4",
                .changed,
                4,
                "deployment.closed",
                1,
                "web",
                version(1),
                at: time(1)
            ),
            Forgery(
                "UPDATE ledger_entry SET subject = 'book.lent' WHERE seq = 4",
                .missing,
                4,
                "book.lent",
                1
            ),
            // The end together with its rows leaves a shorter chain; one without them does not.
            Forgery(
                "DELETE FROM ledger_entry WHERE seq > 13",
                .unrecorded,
                nil,
                "pin.set",
                2,
                "web",
                version(2),
                at: time(6)
            ),
        ]
    )
    func touched(by forgery: Forgery) throws {
        try withLedger { _, path in
            try forge(path, forgery.sql)
            let reader = try #require(try History.openForReading(at: path))
            let verification = try reader.verify(digest: .sha256)
            #expect(verification.fault == forgery.fault)
            #expect(verification.head == nil)
        }
    }

    @Test("An end that was cut off with its rows shows only against a head that was kept")
    func cutOff() throws {
        try withLedger { history, path in
            let before = try #require(try history.verify(digest: .sha256).head)
            _ = try history.begin(.sample(version(4)))
            let after = try #require(try history.verify(digest: .sha256).head)
            #expect(try history.verify(head: before, digest: .sha256).fault == nil)
            #expect(try history.verify(head: after, digest: .sha256).fault == nil)
            try forge(
                path,
                """
                DELETE FROM ledger_entry WHERE seq = 15;
                DELETE FROM deployment WHERE id = 4;
                """
            )
            #expect(try history.verify(digest: .sha256).head == before)
            #expect(try history.verify(head: before, digest: .sha256).fault == nil)
            #expect(
                try history.verify(head: after, digest: .sha256).fault
                    == LedgerFault(kind: .headUnknown)
            )
        }
    }

    @Test("What is undone takes its entry back with it, and the numbers stay without a gap")
    func undone() throws {
        try withLedger { history, _ in
            struct Undone: Error {}
            #expect(throws: HistoryError.self) {
                try history.write("be undone") { db in
                    try db.execute(
                        sql: """
                            INSERT INTO deployment (
                                certificate, version, "trigger", actor, run_id, started_at
                            ) VALUES ('web', ?, 'poll', '', '', '2026-11-24T08:00:00.000Z')
                            """,
                        arguments: [version(7)]
                    )
                    throw Undone()
                }
            }
            _ = try history.begin(.sample(version(4)))
            let verification = try history.verify(digest: .sha256)
            #expect(verification.fault == nil && verification.entries == 15)
        }
    }

    @Test("Text of every kind is the same when it is read back")
    func text() throws {
        try withHistory { history, _ in
            let id = try history.deploy(version(1))
            let outputs = [
                "", "\u{0}", "a\u{0}b", "\"quoted\" \\ 'single'",
                "\u{1}\u{8}\u{b}\u{1f}\u{7f}\u{80}",
                "\u{feff}bücher \u{1F600}\u{2028}", "e\u{301} é", "</script>\r\n\t",
                String(repeating: "x", count: 8192),
            ]
            for output in outputs { try history.record(.sample(output: output), of: id) }
            let verification = try history.verify(digest: .sha256)
            #expect(verification.fault == nil)
            #expect(verification.entries == 2 + outputs.count)
        }
    }

    @Test("Each entry's row is found by its id, and nothing is sorted")
    func plan() throws {
        try withHistory { _, path in
            let plan = try raw(path).read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \(Query.ledgerEntries.sql)")
                    .map { $0["detail"] as String }
            }
            let scans = plan.filter { $0.hasPrefix("SCAN") && !$0.contains("(subquery") }
            #expect(scans == ["SCAN ledger_entry"], "\(plan)")
            #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("MATERIALIZE") })
        }
    }

    @Test("The function takes text and bytes, and nothing else")
    func function() throws {
        try withHistory { _, path in
            let other = try forging(path)
            let sum = try other.read { db in
                try String.fetchOne(db, sql: "SELECT lower(hex(kvagent_sha256('ab', x'63')))")
            }
            #expect(sum == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
            for value in ["NULL", "1", "1.5"] {
                #expect(throws: DatabaseError.self) {
                    try other.read { db in
                        try Data.fetchOne(db, sql: "SELECT kvagent_sha256('a', \(value))")
                    }
                }
            }
        }
    }

    /// Two versions, one of them readable only later, three deployments, of which the last is
    /// open, a hook run, a retry, a lifted pin and one that holds.
    private func withLedger(_ body: (History, String) throws -> Void) throws {
        try withHistory { history, path in
            try history.record(.sample(version(1)))
            try history.record(
                VersionRecord(certificate: "web", version: version(2), fetchedAt: time(1))
            )
            let id = try history.begin(.sample(version(1), reason: "new"))
            try history.record(.sample(), of: id)
            try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(3))
            try history.record(.sample(version(2)))
            try history.deploy(version(2), as: .rejected)
            try history.clearRefusals(of: "web", at: time(5), actor: "ada")
            _ = try history.begin(.sample(version(3), previous: version(1)))
            for number in 1...2 {
                try history.setPin(
                    Pin(certificate: "web", version: version(number), actor: "ada", at: time(6))
                )
            }
            try body(history, path)
        }
    }
}

extension LedgerFault {
    /// What is said of the first version's row and of its files.
    fileprivate static let ofVersion = LedgerFault(
        kind: .changed,
        entry: 2,
        subject: "version.completed",
        rowID: 1,
        certificate: "web",
        version: HistoryTests.version(1),
        at: time(1)
    )
}
