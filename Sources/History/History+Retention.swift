import Foundation
import GRDB

/// How many rows retention removed.
package struct RemovedRows: Sendable, Hashable {
    package var deployments = 0
    package var hookRuns = 0
    package var retries = 0
    package var pins = 0

    /// The newest entry of the ledger whose row was removed.
    var throughEntry: Int64 = 0

    package init(deployments: Int = 0, hookRuns: Int = 0, retries: Int = 0, pins: Int = 0) {
        self.deployments = deployments
        self.hookRuns = hookRuns
        self.retries = retries
        self.pins = pins
    }

    /// All rows together.
    package var total: Int { deployments + hookRuns + retries + pins }
}

extension History {
    /// Removes deployments with their hook runs, retries and lifted pins that ended before a moment,
    /// oldest first.
    ///
    /// Never what kvagent goes by: the views `removable_…` of the schema have the rules, and its
    /// triggers let nothing else go. Versions stay, and so does every entry of the ledger: what is
    /// removed is noted in it, so that a verification can tell it from what was taken.
    ///
    /// - Parameters:
    ///   - before: What ended then or later stays.
    ///   - at: Now.
    ///   - limit: At most so many deployments, since nobody else can write meanwhile.
    /// - Returns: How many rows that were; with none, nothing is written.
    /// - Throws: When the database can't be written; then nothing is removed.
    @discardableResult
    package func removeRows(
        before: Date,
        at: Date,
        limit: Int = 5000
    ) throws(HistoryError) -> RemovedRows {
        try write("remove old rows") { db in
            var removed = RemovedRows()
            try db.inSavepoint {
                try db.execute(
                    sql: "INSERT INTO retention (begun_at, before) VALUES (?, ?)",
                    arguments: [Timestamp.text(at), Timestamp.text(before)]
                )
                removed = try RemovableRows(db, limit: limit).remove(db)
                guard removed.total > 0 else { return .rollback }
                try removed.end(db)
                return .commit
            }
            return removed
        }
    }
}

/// Which rows the open retention removes, as JSON arrays of their ids.
private struct RemovableRows {
    let deployments: String
    let hookRuns: String
    let retries: String
    let pins: String

    init(_ db: Database, limit: Int) throws {
        func ids(_ sql: String, _ arguments: StatementArguments = []) throws -> String {
            let ids = try Int64.fetchAll(db, sql: sql, arguments: arguments)
            return "[" + ids.map(String.init).joined(separator: ",") + "]"
        }
        retries = try ids("SELECT id FROM removable_retry")
        pins = try ids("SELECT id FROM removable_pin")
        // In the order of the index of moments, oldest first, so that the limit spares looking at
        // the rest. A deployment that one of these retries refers to waits for the next time.
        deployments = try ids("SELECT id FROM removable_deployment LIMIT ?", [limit])
        hookRuns = try ids(
            "SELECT id FROM hook_run WHERE deployment_id IN (SELECT value FROM json_each(?))",
            [deployments]
        )
    }

    /// Removes them; their entries are looked for first, since without the row nobody knows which
    /// they are.
    func remove(_ db: Database) throws -> RemovedRows {
        var removed = RemovedRows()
        guard [deployments, retries, pins].contains(where: { $0 != "[]" }) else { return removed }
        removed.throughEntry = try newestEntry(db)
        func delete(from table: String, _ ids: String) throws -> Int {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE id IN (SELECT value FROM json_each(?))",
                arguments: [ids]
            )
            return db.changesCount
        }
        removed.retries = try delete(from: "retry", retries)
        removed.pins = try delete(from: "pin", pins)
        removed.hookRuns = try delete(from: "hook_run", hookRuns)
        removed.deployments = try delete(from: "deployment", deployments)
        return removed
    }

    /// The newest entry that is of one of the rows, or the last retention's where that is newer.
    private func newestEntry(_ db: Database) throws -> Int64 {
        let known = try RemovedRows.all(db).throughEntry
        let newest = try Int64.fetchOne(
            db,
            sql: """
                SELECT max(seq) FROM ledger_entry WHERE seq > :known AND CASE subject
                    WHEN 'deployment.begun'
                        THEN row_id IN (SELECT value FROM json_each(:deployments))
                    WHEN 'deployment.closed'
                        THEN row_id IN (SELECT value FROM json_each(:deployments))
                    WHEN 'hook_run.ended' THEN row_id IN (SELECT value FROM json_each(:hookRuns))
                    WHEN 'retry.asked' THEN row_id IN (SELECT value FROM json_each(:retries))
                    WHEN 'pin.set' THEN row_id IN (SELECT value FROM json_each(:pins))
                    WHEN 'pin.lifted' THEN row_id IN (SELECT value FROM json_each(:pins))
                    ELSE FALSE
                END
                """,
            arguments: [
                "known": known, "deployments": deployments, "hookRuns": hookRuns,
                "retries": retries, "pins": pins,
            ]
        )
        return newest ?? known
    }
}

extension RemovedRows {
    /// What all retentions have removed together.
    static func all(_ db: Database) throws -> RemovedRows {
        let sums = Query(
            sql: """
                SELECT coalesce(sum(deployments), 0) AS deployments,
                    coalesce(sum(hook_runs), 0) AS hook_runs,
                    coalesce(sum(retries), 0) AS retries, coalesce(sum(pins), 0) AS pins,
                    coalesce(max(through_entry), 0) AS through_entry
                FROM retention
                """,
            arguments: []
        )
        var removed = RemovedRows()
        try sums.forEach(db) { row in
            removed = RemovedRows(
                deployments: try row.read("deployments"),
                hookRuns: try row.read("hook_runs"),
                retries: try row.read("retries"),
                pins: try row.read("pins")
            )
            removed.throughEntry = try row.read("through_entry")
        }
        return removed
    }

    /// How many rows of a table.
    func count(of table: String) -> Int {
        switch table {
        case "deployment": deployments
        case "hook_run": hookRuns
        case "retry": retries
        case "pin": pins
        default: 0
        }
    }

    /// Closes the open retention with what it came to.
    fileprivate func end(_ db: Database) throws {
        try db.execute(
            sql: """
                UPDATE retention
                SET through_entry = ?, deployments = ?, hook_runs = ?, retries = ?, pins = ?
                WHERE through_entry IS NULL
                """,
            arguments: [throughEntry, deployments, hookRuns, retries, pins]
        )
    }
}
