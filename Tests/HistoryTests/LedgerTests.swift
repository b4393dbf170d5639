import GRDB
import History
import Testing

/// What another program, or a mistake in this one, cannot do to the ledger.
@Suite("The ledger is only added to")
struct LedgerTests {
    @Test(
        "What is written stays written",
        arguments: [
            "UPDATE deployment SET outcome = 'deployed' WHERE id = 1",
            "UPDATE deployment SET reason = 'none' WHERE id = 1",
            "UPDATE deployment SET outcome = NULL, finished_at = NULL WHERE id = 1",
            "UPDATE OR REPLACE deployment SET id = 1 WHERE id = 2",
            "UPDATE deployment SET version = previous_version WHERE id = 2",
            "UPDATE deployment SET actor = 'root' WHERE id = 2",
            "UPDATE deployment SET started_at = '2020-01-01T00:00:00.000Z' WHERE id = 2",
            "UPDATE deployment SET run_id = '' WHERE id = 2",
            "UPDATE deployment SET \"trigger\" = 'sync' WHERE id = 2",
            "UPDATE deployment SET certificate = 'api' WHERE id = 2",
            "DELETE FROM deployment WHERE id = 1",
            "DELETE FROM deployment WHERE id = 2",
            "DELETE FROM deployment",
            "INSERT OR REPLACE INTO deployment SELECT * FROM deployment WHERE id = 1",
            "UPDATE hook_run SET output = ''",
            "DELETE FROM hook_run",
            "INSERT OR REPLACE INTO hook_run SELECT * FROM hook_run",
            "UPDATE version SET thumbprint = NULL",
            "DELETE FROM version",
            "INSERT OR REPLACE INTO version SELECT * FROM version",
            """
            INSERT OR REPLACE INTO version (certificate, version, dns_names, fetched_at)
            SELECT certificate, version, '[]', fetched_at FROM version
            """,
            "UPDATE version_file SET sha256 = replace(sha256, '1', '2')",
            "DELETE FROM version_file",
            "INSERT OR REPLACE INTO version_file SELECT * FROM version_file",
            "UPDATE retry SET actor = 'root'",
            "DELETE FROM retry",
            "INSERT OR REPLACE INTO retry SELECT * FROM retry",
            "UPDATE pin SET actor = 'root' WHERE removed_at IS NULL",
            "UPDATE pin SET removed_by = 'root' WHERE removed_at IS NOT NULL",
            "UPDATE pin SET removed_at = NULL WHERE removed_at IS NOT NULL",
            "DELETE FROM pin",
            "INSERT OR REPLACE INTO pin SELECT * FROM pin WHERE removed_at IS NULL",
            "DELETE FROM certificate WHERE name = 'web'",
            "INSERT INTO version_file SELECT id, 'other.pem', sha256 FROM version",
            "UPDATE ledger_entry SET content = chain",
            "DELETE FROM ledger_entry",
            "INSERT OR REPLACE INTO ledger_entry SELECT * FROM ledger_entry",
        ]
    )
    func unchangeable(by statement: String) throws {
        try withLedger { path in
            let before = try dump(path)
            #expect(throws: DatabaseError.self) {
                try forging(path).write { db in
                    // As it is where SQLite was built without DEFAULT_RECURSIVE_TRIGGERS: then
                    // REPLACE tells the DELETE triggers nothing.
                    try db.execute(sql: "PRAGMA recursive_triggers = OFF")
                    try db.execute(sql: statement)
                }
            }
            #expect(try dump(path) == before)
        }
    }

    @Test("An open deployment may be closed, and its reason and error set, by plain SQL too")
    func closable() throws {
        try withLedger { path in
            try forging(path).write { db in
                try db.execute(sql: "UPDATE deployment SET reason = 'a', error = 'b' WHERE id = 2")
                try db.execute(
                    sql: """
                        UPDATE deployment
                        SET outcome = 'interrupted', finished_at = '2026-11-24T08:00:00.000Z'
                        WHERE id = 2
                        """
                )
            }
            let sql = "SELECT outcome FROM deployment WHERE id = 2 AND reason = 'a'"
            #expect(try text(path, sql) == "interrupted")
        }
    }

    @Test(
        "What the program would misread is not let in",
        arguments: [
            "UPDATE deployment SET outcome = 'won', finished_at = started_at WHERE id = 2",
            "UPDATE deployment SET outcome = 'deployed' WHERE id = 2",
            "UPDATE deployment SET finished_at = started_at WHERE id = 2",
            "UPDATE deployment SET outcome = 'failed', finished_at = 'soon' WHERE id = 2",
            "INSERT INTO version (certificate, version, dns_names, fetched_at) SELECT "
                + "'web', 'latest', '[]', fetched_at FROM version LIMIT 1",
            "INSERT INTO version (certificate, version, dns_names, fetched_at, thumbprint) SELECT "
                + "'web', 'ffffffffffffffffffffffffffffffff', '[]', fetched_at, 'aa' FROM version",
            "INSERT INTO version (certificate, version, dns_names, fetched_at) SELECT "
                + "'web', 'ffffffffffffffffffffffffffffffff', '{}', fetched_at FROM version",
            "INSERT INTO version_file SELECT id, '../../etc/passwd', '\(digest("1"))' FROM version "
                + "WHERE thumbprint IS NULL",
            "INSERT INTO version_file SELECT id, 'cert.pem', 'abc' FROM version "
                + "WHERE thumbprint IS NULL",
            "UPDATE certificate SET name = '../web'",
            "UPDATE certificate SET url = ''",
            "INSERT INTO owed_hook VALUES ('web', 'ffffffffffffffffffffffffffffffff', 'later', 'h', "
                + "'2026-11-24T08:00:00.000Z', 0)",
            "INSERT INTO pin (certificate, version, actor, pinned_at) SELECT "
                + "certificate, version, actor, pinned_at FROM pin WHERE removed_at IS NULL",
            "INSERT INTO hook_run (deployment_id, name, phase, started_at, timed_out, duration_ms, "
                + "output) SELECT 1, 'a', 'deploy', started_at, 0, 0, "
                + "'-----BEGIN PRIVATE KEY-----' FROM hook_run",
        ]
    )
    func checked(against statement: String) throws {
        try withLedger { path in
            let before = try dump(path)
            #expect(throws: DatabaseError.self) {
                try forging(path).write { db in try db.execute(sql: statement) }
            }
            #expect(try dump(path) == before)
        }
    }

    @Test("Another program can't add to what is chained: it lacks the function")
    func needsFunction() throws {
        try withLedger { path in
            let error = #expect(throws: DatabaseError.self) {
                try raw(path).write { db in
                    try db.execute(
                        sql: """
                            INSERT INTO pin (certificate, version, actor, pinned_at)
                            VALUES ('api', '\(version(1))', 'ada', '2026-11-24T08:00:00.000Z')
                            """
                    )
                }
            }
            #expect(error?.message?.contains("kvagent_sha256") == true)
        }
    }

    /// Deployment 1 is closed, deployment 2 is open; one pin is lifted and one holds.
    private func withLedger(_ body: (String) throws -> Void) throws {
        try withHistory { history, path in
            try history.record(.sample(version(1)))
            try history.record(
                VersionRecord(certificate: "web", version: version(9), fetchedAt: time(1))
            )
            let id = try history.deploy(version(1), as: .rejected)
            try history.record(.sample(), of: id)
            _ = try history.begin(.sample(version(2), previous: version(1)))
            try history.clearRefusals(of: "web", at: time(5), actor: "ada")
            for number in 1...2 {
                try history.setPin(
                    Pin(certificate: "web", version: version(number), actor: "ada", at: time(6))
                )
            }
            try body(path)
        }
    }

    /// Every row of every table.
    private func dump(_ path: String) throws -> [String] {
        try raw(path).read { db in
            let sql = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
            return try String.fetchAll(db, sql: sql).flatMap { table in
                try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map { "\(table) \($0)" }
            }
        }
    }
}
