import Foundation
import GRDB
import Migrations
import Testing

@testable import History

@Suite("The schema")
struct SchemaTests {
    /// FNV-1a (64 bits) of each migration as it was shipped.
    ///
    /// One that differs has been changed after the fact: databases that have it already would
    /// never see the change. Put the change into a new file, and that file's sum here.
    private static let shipped: [String: UInt64] = [
        "v001_history": 0x0f6b_40cd_1ca7_e200,
        "v002_ledger": 0x0b60_f958_149c_a3e0,
        "v003_questions": 0xd54a_6dc4_a111_23b6,
        "v004_examination": 0x3aed_cc93_167c_4d86,
        "v005_places": 0x2055_21a9_08b2_8dc8,
    ]

    @Test("A migration that was shipped is never changed, and every one is known here")
    func frozen() {
        var sums: [String: UInt64] = [:]
        for migration in Migration.all {
            sums[migration.name] = migration.sql.reduce(0xcbf2_9ce4_8422_2325) { sum, byte in
                (sum ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
            }
        }
        #expect(sums == Self.shipped)
    }

    @Test("Migrations are applied in the order of their names")
    func ordered() {
        let names = Migration.all.map(\.name)
        #expect(names == names.sorted())
        #expect(Set(names).count == names.count)
    }

    @Test(
        "A database is told by the steps that it has",
        arguments: [
            ([], .empty),
            (["v001_a"], .older),
            (["v001_a", "v002_b"], .current),
            (["v001_a", "v002_b", "v003_c", "v004_d"], .newer("v003_c")),
            (["v009_z"], .newer("v009_z")),
        ] as [(Set<String>, Schema.Standing)]
    )
    func standing(applied: Set<String>, standing: Schema.Standing) {
        #expect(Schema.standing(applied: applied, known: ["v001_a", "v002_b"]) == standing)
    }

    @Test("Every table is STRICT, and refers to what there is")
    func strict() throws {
        try withHistory { _, path in
            try raw(path).read { db in
                let loose = try String.fetchAll(
                    db,
                    sql: """
                        SELECT name FROM pragma_table_list
                        WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'
                            AND name <> 'grdb_migrations'
                        """
                )
                #expect(loose == [])
                #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty)
                #expect(try String.fetchAll(db, sql: "PRAGMA integrity_check") == ["ok"])
            }
        }
    }

    @Test("No column is for a key, a token or a password")
    func noSecrets() throws {
        try withHistory { _, path in
            let columns = try raw(path).read { db in
                try String.fetchAll(
                    db,
                    sql: """
                        SELECT column.name
                        FROM sqlite_master AS object, pragma_table_info(object.name) AS column
                        WHERE object.type = 'table'
                        """
                )
            }
            #expect(columns.count > 50)
            let words = ["key", "secret", "token", "password", "pem", "pfx", "private", "value"]
            let suspects = columns.filter { column in words.contains { column.contains($0) } }
            #expect(Set(suspects) == ["key_type"])
        }
    }

    /// A question, the indexes that must answer it, and what of the plan grows with the ledger.
    struct Question: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let query: Query
        let indexes: Set<String>
        let allowed: [String]

        init(_ name: String, _ query: Query, _ indexes: Set<String>, allowed: [String] = []) {
            testDescription = name
            self.query = query
            self.indexes = indexes
            self.allowed = allowed
        }

        init(_ name: String, _ filter: HistoryFilter, _ indexes: Set<String>, allowed: [String]) {
            self.init(name, .deployments(filter), indexes, allowed: allowed)
        }
    }

    @Test(
        "What is asked at every pass and by every command is found through an index",
        arguments: [
            Question("versions", .versions(of: "web"), ["version_by_certificate"]),
            Question("version", .version(version(1), of: "web"), []),
            Question(
                "newest versions",
                .newestVersions(of: "web", limit: 50),
                ["version_by_certificate"]
            ),
            // From the newest down, and no further than the limit.
            Question("newest", HistoryFilter(limit: 20), [], allowed: ["SCAN d"]),
            Question(
                "of a certificate",
                HistoryFilter(certificate: "web"),
                ["deployment_by_certificate"],
                allowed: []
            ),
            Question(
                "of an outcome",
                HistoryFilter(outcome: .rolledBack),
                ["deployment_by_outcome"],
                allowed: []
            ),
            Question(
                "of both",
                HistoryFilter(certificate: "web", outcome: .failed),
                ["deployment_by_result"],
                allowed: []
            ),
            Question(
                "of a version",
                HistoryFilter(certificate: "web", version: version(1), outcome: .deployed),
                ["deployment_by_version"],
                allowed: []
            ),
            Question(
                "of a trigger",
                HistoryFilter(trigger: .rollback),
                ["deployment_by_trigger"],
                allowed: []
            ),
            Question(
                "of an outcome and a rare trigger",
                HistoryFilter(outcome: .deployed, trigger: .rollback),
                ["deployment_by_trigger"],
                allowed: []
            ),
            Question(
                "of an outcome and a usual trigger",
                HistoryFilter(outcome: .rolledBack, trigger: .poll),
                ["deployment_by_outcome"],
                allowed: []
            ),
            Question(
                "of a certificate and a trigger",
                HistoryFilter(certificate: "web", trigger: .rollback),
                ["deployment_by_certificate"],
                allowed: []
            ),
            Question(
                "since",
                HistoryFilter(since: time(0), limit: 50),
                ["deployment_by_start"],
                allowed: []
            ),
            Question(
                "until",
                HistoryFilter(until: time(0), limit: 50),
                ["deployment_by_start"],
                allowed: []
            ),
            Question(
                "between, of an outcome and a trigger",
                HistoryFilter(
                    since: time(0),
                    until: time(9),
                    outcome: .deployed,
                    trigger: .rollback
                ),
                ["deployment_by_start"],
                allowed: []
            ),
            Question(
                "between, of a certificate",
                HistoryFilter(certificate: "web", since: time(0), until: time(9)),
                ["deployment_by_certificate"],
                allowed: []
            ),
            Question("open", .openDeployments, ["deployment_by_outcome"]),
            Question(
                "last",
                .lastDeployment(of: "web", version: nil),
                ["deployment_by_certificate"]
            ),
            Question(
                "last of a version",
                .lastDeployment(of: "web", version: version(1)),
                ["deployment_by_version"]
            ),
            Question(
                "refusal",
                .refusal(of: version(1), of: "web"),
                ["deployment_by_version", "retry_by_certificate"]
            ),
            Question(
                "refused versions",
                .refusedVersions(of: "web"),
                ["deployment_by_result", "deployment_by_version", "retry_by_certificate"],
                allowed: ["USE TEMP B-TREE FOR DISTINCT"]
            ),
            Question(
                "last good",
                .lastGood(before: version(1), of: "web"),
                ["deployment_by_result"]
            ),
            // From the first certificate to the last, of which there are few.
            Question(
                "live at a moment",
                .live(at: time(0)),
                ["deployment_by_finish"],
                allowed: ["SCAN c"]
            ),
            Question(
                "live at a moment, of a certificate",
                .live(at: time(0), of: "web"),
                ["deployment_by_finish"]
            ),
            Question(
                "outcome counts",
                .outcomeCounts(of: "web"),
                ["deployment_by_result"]
            ),
            // A row for each pin that holds.
            Question(
                "pins that hold",
                .unliftedPins,
                [],
                allowed: ["SCAN pin USING INDEX pin_in_force"]
            ),
            Question(
                "last deployments of versions",
                .lastDeployments(of: [AskedVersion("web", version(1))]),
                ["deployment_by_version"],
                allowed: ["SCAN asked VIRTUAL TABLE INDEX 1:"]
            ),
            Question(
                "what was found in a version",
                .examination(of: version(1), of: "web"),
                [],
                allowed: []
            ),
            Question(
                "who approved a version",
                .approval(of: version(1), of: "web"),
                [],
                allowed: []
            ),
            Question(
                "which of two versions came first",
                .order(of: version(1), and: version(2), of: "web"),
                [],
                allowed: []
            ),
            Question("the pin of a certificate", .unliftedPin(of: "web"), [], allowed: []),
            Question(
                "where a certificate was put",
                .placement(of: "web", in: "/etc/kvagent/certs"),
                [],
                allowed: []
            ),
            Question(
                "records of versions",
                .records(of: [AskedVersion("web", version(1))]),
                [],
                allowed: ["SCAN asked VIRTUAL TABLE INDEX 1:"]
            ),
            Question(
                "records of versions with their files",
                .records(of: [AskedVersion("web", version(1))], withFiles: true),
                [],
                allowed: ["SCAN asked VIRTUAL TABLE INDEX 1:"]
            ),
            Question(
                "what there is on live versions",
                .liveStandings(of: [AskedVersion("web", version(1))]),
                ["deployment_by_version"],
                allowed: ["SCAN asked VIRTUAL TABLE INDEX 1:"]
            ),
            Question(
                "hook runs",
                .hookRuns(of: [1, 2]),
                ["hook_run_by_deployment"],
                allowed: ["SCAN json_each VIRTUAL TABLE INDEX 1:", "USE TEMP B-TREE FOR ORDER BY"]
            ),
        ]
    )
    func indexed(question: Question) throws {
        try withHistory { _, path in
            let plan = try raw(path).read { db in
                try Row.fetchAll(
                    db,
                    sql: "EXPLAIN QUERY PLAN \(question.query.sql)",
                    arguments: question.query.arguments
                )
                .map { $0["detail"] as String }
            }
            let slow = plan.filter { $0.hasPrefix("SCAN") || $0.contains("TEMP B-TREE") }
            #expect(slow == question.allowed, "\(plan)")
            let named = plan.flatMap { $0.split(separator: " ").map(String.init) }
                .filter { $0.contains("_by_") }
            #expect(Set(named) == question.indexes, "\(plan)")
        }
    }
}
