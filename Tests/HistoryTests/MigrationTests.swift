import Foundation
import GRDB
import Migrations
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("A history from an earlier kvagent")
struct MigrationTests {
    @Test(
        "It keeps every row, and what can be asked of them, and is chained and unbroken",
        arguments: Migration.all.dropLast().map(\.name)
    )
    func upgraded(from step: String) throws {
        try withHistory(ofStep: step) { path in
            let before = try rows(path)
            #expect(before.count == 14)

            let reader = #expect(throws: HistoryError.self) { try History.openForReading(at: path) }
            #expect(reader?.kind == .olderSchema)
            let history = try History.open(at: path)

            #expect(try rows(path) == before)
            let verification = try history.verify(digest: .sha256)
            // 2 versions, one of them complete, 3 deployments begun and 2 closed, 2 hook runs,
            // a retry, 2 pins, one of them lifted.
            #expect(verification.fault == nil && verification.entries == 14)

            let deployments = try history.deployments(HistoryFilter())
            #expect(deployments.map(\.outcome) == [nil, .rolledBack, .deployed])
            #expect(deployments[2].hookRuns.map(\.name) == ["deploy/10-copy", "reload/50-nginx"])
            #expect(deployments[2].sha256 == digest("b"))
            #expect(try history.version(version(1), of: "web")?.files == ["cert.pem": digest("1")])
            #expect(try history.pin(of: "web")?.version == version(1))
            #expect(try history.owedHooks(of: nil).map(\.hook) == ["reload/50-nginx"])
            #expect(try history.polls().map(\.latestVersion) == [version(2)])
            #expect(try history.refusal(of: version(2), of: "web") == nil)

            // It goes on from there.
            try history.finish(3, as: .deployed, reason: nil, error: nil, at: time(9))
            try history.record(.sample(version(2)))
            try history.removePin(of: "web", at: time(9), by: "ada")
            #expect(try history.verify(digest: .sha256).fault == nil)
            #expect(try history.verify(digest: .sha256).entries == 17)
            #expect(try text(path, "PRAGMA integrity_check") == "ok")
        }
    }

    @Test("A row that was there before the chain can't be changed without a trace any more")
    func forged() throws {
        try withHistory(ofStep: "v001_history") { path in
            _ = try History.open(at: path)
            try forging(path).write { db in
                try db.execute(
                    sql: """
                        DROP TRIGGER hook_run_is_not_changed;
                        UPDATE hook_run SET output = 'all is well' WHERE id = 2
                        """
                )
            }
            let fault = try History.open(at: path).verify(digest: .sha256).fault
            #expect(fault?.kind == .changed)
            #expect(fault?.subject == "hook_run.ended" && fault?.rowID == 2)
        }
    }

    @Test("A step that fails leaves the database as it was, and the next opening goes on")
    func interrupted() throws {
        try withHistory(ofStep: "v001_history") { path in
            let before = try rows(path)
            let queue = try raw(path)
            // Another connection lacks the function, so the step fails in its midst.
            #expect(throws: DatabaseError.self) { try Schema.migrator.migrate(queue) }
            #expect(try rows(path) == before)
            let applied = try queue.read { try Schema.migrator.appliedIdentifiers($0) }
            #expect(applied == ["v001_history"])
            #expect(try History.open(at: path).verify(digest: .sha256).entries == 14)
        }
    }

    /// A history that has the steps up to `step`, with rows in every table.
    private func withHistory(ofStep step: String, _ body: (String) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            do {
                let queue = try forging(path)
                try Schema.migrator.migrate(queue, upTo: step)
                try queue.write { try $0.execute(sql: Self.fixture) }
            }
            try body(path)
        }
    }

    /// Every row of the tables that the first step made, as text.
    private func rows(_ path: String) throws -> [String] {
        let tables = [
            "certificate", "version", "version_file", "deployment", "hook_run", "retry", "pin",
            "poll", "owed_hook",
        ]
        return try raw(path).read { db in
            try tables.flatMap { table in
                let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table)")
                #expect(!rows.isEmpty)
                return rows.map { "\(table) \($0)" }
            }
        }
    }

    /// What an earlier kvagent may have left: deployment 3 is under way.
    private static let fixture = """
        INSERT INTO certificate VALUES
            ('web', 'https://contoso.vault.azure.net/secrets/web',
                '2026-03-01T08:00:00.000Z', '2026-03-01T08:00:00.000Z');
        INSERT INTO version (certificate, version, dns_names, fetched_at) VALUES
            ('web', '\(version(1))', '[]', '2026-03-01T08:00:01.000Z'),
            ('web', '\(version(2))', '[]', '2026-04-01T08:00:01.000Z');
        INSERT INTO version_file VALUES (1, 'cert.pem', '\(digest("1"))');
        UPDATE version
        SET thumbprint = '\(String(repeating: "A", count: 40))', sha256 = '\(digest("b"))',
            subject = 'CN=bücher.example', dns_names = '["bücher.example"]'
        WHERE id = 1;
        INSERT INTO deployment (
            certificate, version, "trigger", actor, run_id, started_at, outcome, reason, error,
            finished_at
        ) VALUES
            ('web', '\(version(1))', 'poll', 'daemon', 'a', '2026-03-01T08:00:02.000Z',
                'deployed', NULL, NULL, '2026-03-01T08:00:05.000Z'),
            ('web', '\(version(2))', 'sync', 'root (sudo by ada)', 'b', '2026-04-01T08:00:02.000Z',
                'rolledBack', 'new', 'reload hook: exit 1', '2026-04-01T08:00:05.000Z'),
            ('web', '\(version(2))', 'poll', 'daemon', 'c', '2026-04-02T08:00:02.000Z',
                NULL, NULL, NULL, NULL);
        INSERT INTO hook_run (
            deployment_id, name, phase, started_at, exit_code, timed_out, duration_ms, output
        ) VALUES
            (1, 'deploy/10-copy', 'deploy', '2026-03-01T08:00:03.000Z', 0, 0, 12, ''),
            (1, 'reload/50-nginx', 'reload', '2026-03-01T08:00:04.000Z', 0, 0, 120, 'a\nb');
        INSERT INTO retry (certificate, through_deployment_id, actor, retried_at) VALUES
            ('web', 2, 'ada', '2026-04-02T08:00:00.000Z');
        INSERT INTO pin (certificate, version, reason, actor, pinned_at, pinned_until) VALUES
            ('web', '\(version(1))', 'audit', 'ada', '2026-03-02T08:00:00.000Z',
                '2026-03-09T08:00:00.000Z');
        UPDATE pin SET removed_at = '2026-03-03T08:00:00.000Z', removed_by = 'bob';
        INSERT INTO pin (certificate, version, actor, pinned_at) VALUES
            ('web', '\(version(1))', 'ada', '2026-03-04T08:00:00.000Z');
        INSERT INTO poll (certificate, last_try_at, consecutive_failures, latest_version) VALUES
            ('web', '2026-04-02T08:00:00.000Z', 0, '\(version(2))');
        INSERT INTO owed_hook VALUES
            ('web', '\(version(1))', 'reload', 'reload/50-nginx', '2026-03-01T08:00:05.000Z', 1);
        """
}
