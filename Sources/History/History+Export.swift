import Foundation
import GRDB

extension History {
    /// Hands over all that the ledger holds, oldest first, one by one, as it is at one moment.
    ///
    /// In memory that doesn't grow with the ledger.
    ///
    /// - Parameter body: What is done with each.
    /// - Throws: What `body` throws, or a `HistoryError`; then not all was handed over.
    package func export(_ body: (LedgerRecord) throws -> Void) throws {
        // An error of the body is none of the history's.
        var failure: (any Error)?
        do {
            try readOnce("export history") { db in
                var sources = try LedgerSource.all(db)
                while let next = try LedgerSource.next(&sources) {
                    do {
                        try body(next)
                    } catch {
                        failure = error
                        throw error
                    }
                }
            }
        } catch {
            throw failure ?? error
        }
    }
}

/// One table of the ledger, read row by row.
private struct LedgerSource {
    private let rows: ResultRows
    private let time: String
    private let record: (ResultRow) throws -> LedgerRecord

    /// What comes next, and its time.
    private var head: (record: LedgerRecord, time: String)?

    private init(
        _ db: Database,
        _ sql: String,
        by time: String,
        _ record: @escaping (ResultRow) throws -> LedgerRecord
    ) throws {
        rows = try ResultRows(db.makeStatement(sql: sql))
        self.time = time
        self.record = record
        try advance()
    }

    static func all(_ db: Database) throws -> [LedgerSource] {
        let runs = try db.makeStatement(
            sql: "SELECT * FROM hook_run WHERE deployment_id = ? ORDER BY id"
        )
        return [
            try LedgerSource(db, Query.everyVersion, by: "fetched_at") {
                .version(try VersionRecord($0))
            },
            try LedgerSource(db, "SELECT * FROM examination ORDER BY id", by: "examined_at") {
                .examination(try Examination($0))
            },
            try LedgerSource(db, "SELECT * FROM approval ORDER BY id", by: "approved_at") {
                .approval(try Approval($0))
            },
            try LedgerSource(db, Query.everyDeployment, by: "started_at") { row in
                var deployment = try Deployment(row)
                let runs = try ResultRows(runs, [deployment.id])
                while let run = try runs.next() {
                    deployment.hookRuns.append(try HookRunRecord(run))
                }
                return .deployment(deployment)
            },
            try LedgerSource(db, "SELECT * FROM pin ORDER BY id", by: "pinned_at") {
                .pin(try PastPin($0))
            },
            try LedgerSource(db, "SELECT * FROM retry ORDER BY id", by: "retried_at") { row in
                .retry(
                    Retry(
                        certificate: try row.read("certificate"),
                        actor: try row.read("actor"),
                        at: try row.date("retried_at")
                    )
                )
            },
        ]
    }

    /// The oldest of what comes next, of all the tables; nil at the end.
    ///
    /// Of one table the rows stay in the order in which they were written, whatever the clock said.
    static func next(_ sources: inout [LedgerSource]) throws -> LedgerRecord? {
        var oldest: (index: Int, time: String)?
        for (index, source) in sources.enumerated() {
            guard let head = source.head, head.time < oldest?.time ?? "~" else { continue }
            oldest = (index, head.time)
        }
        guard let oldest, let head = sources[oldest.index].head else { return nil }
        try sources[oldest.index].advance()
        return head.record
    }

    private mutating func advance() throws {
        head = try rows.next().map { row in (try record(row), try row.read(time)) }
    }
}
