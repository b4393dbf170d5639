import Foundation
import GRDB

extension History {
    /// The hooks that must still run, of one certificate or of all, longest owed first.
    package func owedHooks(of certificate: String?) throws(HistoryError) -> [OwedHook] {
        try read("read owed hooks") { db in
            let condition = certificate == nil ? "" : "WHERE certificate = ?"
            return try Query(
                sql: """
                    SELECT * FROM owed_hook \(condition)
                    ORDER BY since, certificate, version, phase, hook
                    """,
                arguments: certificate.map { [$0] } ?? []
            )
            .fetchAll(db, OwedHook.init)
        }
    }

    /// Notes that a hook is owed; for one that is owed already, one more attempt.
    ///
    /// It then stays owed since when it was first.
    package func owe(_ hook: OwedHook) throws(HistoryError) {
        try write("record owed hook") { db in
            try hook.insertOrCount(db)
        }
    }

    /// When the hook that is owed last ran for the certificate; nil if it never did.
    package func lastRun(of hook: OwedHook) throws(HistoryError) -> Date? {
        try read("read owed hooks") { db in
            try Query(
                sql: """
                    SELECT max(hook_run.started_at) AS at FROM hook_run
                    JOIN deployment ON deployment.id = hook_run.deployment_id
                    WHERE deployment.certificate = ? AND hook_run.name = ? AND hook_run.phase = ?
                    """,
                arguments: [hook.certificate, hook.hook, hook.phase]
            )
            .fetchFirst(db) { try $0.dateIfPresent("at") } ?? nil
        }
    }

    /// Notes that a hook has run; `since` and `attempts` may be of any earlier state of it.
    package func settle(_ hook: OwedHook) throws(HistoryError) {
        try write("settle owed hook") { db in
            try db.reuse(
                """
                DELETE FROM owed_hook
                WHERE certificate = ? AND version = ? AND phase = ? AND hook = ?
                """,
                [hook.certificate, hook.version, hook.phase, hook.hook]
            )
        }
    }

    /// Forgets what is owed for versions other than `version`, all of it where that is nil: they
    /// are no longer live, and the live one owes its own.
    package func settleOwedHooks(
        of certificate: String,
        except version: String?
    ) throws(HistoryError) {
        try write("settle owed hooks") { db in
            try db.execute(
                sql: "DELETE FROM owed_hook WHERE certificate = ? AND version IS NOT ?",
                arguments: [certificate, version]
            )
        }
    }
}

extension OwedHook {
    /// Adds the debt, or one attempt to the one there is.
    func insertOrCount(_ db: Database) throws {
        try db.reuse(
            """
            INSERT INTO owed_hook (certificate, version, phase, hook, since, attempts)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (certificate, version, phase, hook) DO UPDATE
            SET attempts = attempts + 1
            """,
            [certificate, version, phase, hook, Timestamp.text(since), attempts]
        )
    }

    fileprivate init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            phase: try row.read("phase"),
            hook: try row.read("hook"),
            since: try row.date("since"),
            attempts: try row.read("attempts")
        )
    }
}
