import Foundation
import GRDB
import Testing

@testable import History

@Suite("Examinations and approvals")
struct ExaminationTests {
    private static let examination = Examination(
        certificate: "web",
        version: version(1),
        findings: [Examination.Finding(rule: "weakKey", message: "its key is \"RSA\" 1024/é")],
        at: time(2)
    )

    private static let approval = Approval(
        certificate: "web",
        version: version(1),
        actor: "ada",
        reason: "the name is gone on purpose",
        at: time(3)
    )

    /// Two versions, the first of them examined and approved.
    private func withApproved(_ body: (History, String) throws -> Void) throws {
        try withHistory { (history, path) throws in
            for number in 1...2 { try history.record(.sample(version(number))) }
            try history.record(Self.examination)
            try history.approve(Self.approval)
            try body(history, path)
        }
    }

    @Test("They come back as they were written, of that version alone")
    func roundTrip() throws {
        try withApproved { (history, _) throws in
            #expect(try history.examination(of: version(1), of: "web") == Self.examination)
            #expect(try history.approvals(of: "web").first == Self.approval)
            #expect(try history.examination(of: version(2), of: "web") == nil)
            #expect(try history.approvals(of: "web").count == 1)
            #expect(try history.approvals(of: "web") == [Self.approval])
            #expect(try history.approvals(of: "api") == [])
        }
    }

    @Test("A second one of the same version changes nothing")
    func once() throws {
        try withApproved { (history, _) throws in
            var examination = Self.examination
            examination.findings = []
            try history.record(examination)
            var approval = Self.approval
            approval.actor = "bob"
            try history.approve(approval)
            #expect(try history.examination(of: version(1), of: "web") == Self.examination)
            #expect(try history.approvals(of: "web").first == Self.approval)
        }
    }

    @Test("A version that is not on record is neither examined nor approved")
    func unknown() throws {
        try withHistory { (history, path) throws in
            #expect(throws: HistoryError.self) { try history.record(Self.examination) }
            #expect(throws: HistoryError.self) { try history.approve(Self.approval) }
            #expect(try text(path, "SELECT count(*) FROM ledger_entry") == "0")
        }
    }

    @Test("A key in the reason is cut out")
    func noKey() throws {
        try withHistory { history, _ in
            try history.record(.sample(version(1)))
            var approval = Self.approval
            approval.reason =
                "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n"
            try history.approve(approval)
            let reason = try history.approvals(of: "web").first?.reason
            #expect(reason?.contains("MC4") == false)
        }
    }

    @Test("They are chained, and who changes, removes or adds one is found")
    func chained() throws {
        try withApproved { (history, path) throws in
            let verification = try history.verify(digest: .sha256)
            #expect(verification.fault == nil && verification.entries == 6)
            let subjects = try raw(path).read { db in
                try String.fetchAll(
                    db,
                    sql: "SELECT subject || ' ' || row_id FROM ledger_entry WHERE seq > 4"
                )
            }
            #expect(subjects == ["version.examined 1", "approval.given 1"])
        }
    }

    @Test(
        "What was forged is named",
        arguments: [
            ("UPDATE examination SET findings = '[]'", .changed, "version.examined"),
            ("DELETE FROM examination", .changed, "version.examined"),
            ("UPDATE approval SET actor = 'root'", .changed, "approval.given"),
            ("DELETE FROM approval", .missing, "approval.given"),
            (
                """
                INSERT INTO approval (certificate, version, actor, approved_at)
                VALUES ('web', '\(version(2))', 'root', '2026-11-24T08:00:00.000Z')
                """, .unrecorded, "approval.given"
            ),
            (
                """
                INSERT INTO examination (certificate, version, findings, examined_at)
                VALUES ('web', '\(version(2))', '[]', '2026-11-24T08:00:00.000Z')
                """, .unrecorded, "version.examined"
            ),
        ] as [(String, LedgerFault.Kind, String)]
    )
    func forged(sql: String, kind: LedgerFault.Kind, subject: String) throws {
        try withApproved { (history, path) throws in
            try forge(path, sql)
            let fault = try #require(try history.verify(digest: .sha256).fault)
            #expect(fault.kind == kind && fault.subject == subject)
            #expect(fault.certificate == (kind == .missing ? nil : "web"))
        }
    }

    @Test(
        "The triggers refuse to change, to remove and to replace them",
        arguments: [
            "UPDATE examination SET findings = '[]'", "DELETE FROM examination",
            "UPDATE approval SET reason = NULL", "DELETE FROM approval",
            "INSERT OR REPLACE INTO approval SELECT * FROM approval",
            "INSERT OR REPLACE INTO examination SELECT * FROM examination",
            """
            INSERT OR REPLACE INTO approval (certificate, version, actor, approved_at)
            SELECT certificate, version, 'root', approved_at FROM approval
            """,
        ]
    )
    func protected(sql: String) throws {
        try withApproved { (history, path) throws in
            #expect(throws: DatabaseError.self) {
                try forging(path).write { try $0.execute(sql: sql) }
            }
            #expect(try history.approvals(of: "web").first == Self.approval)
            #expect(try history.verify(digest: .sha256).fault == nil)
        }
    }

    @Test("Which version came first is told by the ledger and not by the clock")
    func order() throws {
        try withHistory { history, _ in
            func isRecorded(_ target: Int, before other: Int, of name: String) throws -> Bool {
                let live = LiveVersionQuestion(
                    certificate: name,
                    version: version(other),
                    location: "/certs"
                )
                let known = try #require(try history.liveEvidence(of: [live]).first)
                return try history.evidence(on: version(target), beside: known).isOlderOnRecord
            }
            try history.record(.sample(version(7), at: time(9)))
            try history.record(.sample(version(3), at: time(1)))
            #expect(try isRecorded(7, before: 3, of: "web"))
            #expect(try !isRecorded(3, before: 7, of: "web"))
            #expect(try !isRecorded(3, before: 3, of: "web"))
            #expect(try !isRecorded(3, before: 8, of: "web"))
            #expect(try !isRecorded(7, before: 3, of: "api"))
        }
    }

    @Test("Both are exported, and a backup has them")
    func exported() throws {
        try withApproved { (history, path) throws in
            let backup = path + ".backup"
            try history.backUp(to: backup)
            let copy = try #require(try History.openForReading(at: backup))
            for history in [history, copy] {
                var records: [LedgerRecord] = []
                try history.export { records.append($0) }
                #expect(
                    records.suffix(2) == [.examination(Self.examination), .approval(Self.approval)]
                )
            }
        }
    }

    @Test("Retention leaves them as it leaves the versions")
    func retained() throws {
        try withApproved { (history, _) throws in
            for number in 1...3 { try history.deploy(version(number), at: time(4)) }
            try history.removeRows(before: time(1000), at: time(2000))
            #expect(try history.deployments(HistoryFilter()).count < 3)
            #expect(try history.approvals(of: "web").first == Self.approval)
            #expect(try history.examination(of: version(1), of: "web") == Self.examination)
            #expect(try history.verify(digest: .sha256).fault == nil)
        }
    }

    @Test("A live version is read with what was found, who approved it and what it replaced")
    func live() throws {
        try withApproved { (history, _) throws in
            try history.deploy(version(2), at: time(4))
            let id = try history.begin(.sample(version(1), at: time(5), previous: version(2)))
            try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(6))
            // Mended, and cut short: neither is why it is live.
            for trigger in [Trigger.drift, .recovery] {
                let id = try history.begin(
                    .sample(version(1), trigger: trigger, at: time(7), previous: version(1))
                )
                try history.finish(id, as: .deployed, reason: nil, error: nil, at: time(8))
            }
            let questions = [
                StandingQuestion(certificate: "web", current: version(1), latest: nil),
                StandingQuestion(certificate: "api", current: version(1), latest: nil),
            ]
            let standings = try history.standings(questions)
            let live = try #require(standings[0].live)
            #expect(live.record.issuer == "CN=Contoso Issuing")
            #expect(live.contents == Self.examination.findings)
            #expect(live.approval == Self.approval)
            #expect(live.arrival?.id == id)
            #expect(live.replaced?.version == version(2))
            #expect(standings[1].live == nil)
        }
    }

    @Test("Each certificate's standing is its own, whatever is asked of those beside it")
    func places() throws {
        try withHistory { history, _ in
            for name in ["mail", "new"] {
                try history.register(certificate: name, url: "https://\(name).example", at: time(0))
            }
            func record(_ name: String, _ number: Int, _ outcome: Outcome) throws {
                let at = time(Double(number))
                let id = try history.begin(.sample(version(number), of: name, at: at))
                let error = "\(name) \(number)"
                try history.finish(id, as: outcome, reason: nil, error: error, at: at)
            }
            try record("mail", 1, .deployed)
            try record("mail", 2, .rejected)
            try record("new", 3, .held)
            try record("web", 4, .deployed)
            let standings = try history.standings([
                StandingQuestion(certificate: "api", current: nil, latest: nil),
                StandingQuestion(certificate: "new", current: nil, latest: version(3)),
                StandingQuestion(certificate: "web", current: version(4), latest: version(4)),
                StandingQuestion(certificate: "mail", current: version(1), latest: version(2)),
            ])
            #expect(standings.map(\.lastOfCurrent?.error) == [nil, nil, "web 4", "mail 1"])
            #expect(standings.map(\.lastOfLatest?.error) == [nil, "new 3", "web 4", "mail 2"])
            let outcomes: [Outcome?] = [nil, .held, .deployed, .rejected]
            #expect(standings.map(\.lastOfLatest?.outcome) == outcomes)
            #expect(standings[3].lastOfCurrent?.finishedAt == time(1))
        }
    }
}
