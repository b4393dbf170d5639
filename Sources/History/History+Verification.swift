import Foundation
import GRDB

extension History {
    /// Follows the chain of the ledger from its first entry to its last, and holds each entry
    /// against the row that it was written for.
    ///
    /// On one state of the database, while others write, in memory that doesn't grow with it. What
    /// was taken from the end together with its entries leaves no trace in the database: that is
    /// what `head` is for, a value that an earlier verification gave and that was kept elsewhere.
    ///
    /// - Parameters:
    ///   - head: A chain value that must be among the entries, lower-case hex.
    ///   - digest: SHA-256.
    /// - Returns: Also what was touched: that is no error here.
    /// - Throws: When the database can't be read.
    package func verify(
        head: String? = nil,
        digest: LedgerDigest
    ) throws(HistoryError) -> LedgerVerification {
        try read("verify history") { db in
            var walk = LedgerWalk(awaited: head, removed: try RemovedRows.all(db))
            let fault =
                try walk.follow(db, digest) ?? walk.tooManyMissing() ?? walk.findUnrecorded(db)
            var verification = LedgerVerification(
                entries: walk.entries,
                removed: walk.missing.values.reduce(0, +),
                fault: fault
            )
            if fault == nil {
                verification.head = walk.entries == 0 ? nil : hex(walk.chain)
                if head != nil, !walk.hasMetAwaited {
                    verification.fault = LedgerFault(kind: .headUnknown)
                }
            }
            return verification
        }
    }
}

extension Query {
    /// Every entry, with what its row says now.
    package static let ledgerEntries = Query(
        sql: """
            SELECT seq, subject, row_id, content, chain, (
                SELECT text FROM ledger_text
                WHERE ledger_text.subject = ledger_entry.subject
                    AND ledger_text.row_id = ledger_entry.row_id
            ) AS text
            FROM ledger_entry ORDER BY seq
            """,
        arguments: []
    )
}

/// A walk along the chain.
private struct LedgerWalk {
    /// The chain value that must be met on the way.
    let awaited: String?

    /// The chain's value at the last entry that was looked at.
    var chain = [UInt8](repeating: 0, count: 32)
    var entries = 0
    var hasMetAwaited = false

    /// How many rows of each table are gone.
    var missing: [String: Int] = [:]

    /// How many entries of each subject have their row.
    private var found: [String: Int] = [:]

    /// What retention removed; its own rows are entries on the way.
    private let removed: RemovedRows

    init(awaited: String?, removed: RemovedRows) {
        self.awaited = awaited
        self.removed = removed
    }

    /// - Returns: What is wrong with the first entry that something is wrong with.
    mutating func follow(_ db: Database, _ digest: LedgerDigest) throws -> LedgerFault? {
        let rows = try ResultRows(db.makeStatement(sql: Query.ledgerEntries.sql))
        while let row = try rows.next() {
            let entry = try LedgerEntry(row)
            entries += 1
            guard entry.seq == Int64(entries) else {
                return LedgerFault(kind: .entryMissing, entry: Int64(entries))
            }
            chain = digest(chain + entry.content)
            guard chain == entry.chain else { return try entry.fault(.chainBroken, db) }
            if let awaited, hex(chain) == awaited { hasMetAwaited = true }
            guard let text = entry.text else {
                let fault = try entry.fault(.missing, db)
                guard fault.kind == .missing, let table = fault.table,
                    entry.seq <= removed.throughEntry, removed.count(of: table) > 0
                else { return fault }
                // The first entry of a row counts it, a second one that it was closed does not.
                if !entry.isOfEnd { missing[table, default: 0] += 1 }
                continue
            }
            guard digest(Array(text.utf8)) == entry.content else {
                return try entry.fault(.changed, db)
            }
            found[entry.subject, default: 0] += 1
        }
        return nil
    }

    /// A table of which more rows are gone than retention removed.
    func tooManyMissing() -> LedgerFault? {
        missing.filter { $0.value > removed.count(of: $0.key) }.keys.min()
            .map { LedgerFault(kind: .tooManyMissing, subject: $0) }
    }

    /// Rows that have no entry; they are looked for one by one only where the numbers differ.
    func findUnrecorded(_ db: Database) throws -> LedgerFault? {
        let subjects = try String.fetchAll(
            db,
            sql: "SELECT DISTINCT subject FROM ledger_text ORDER BY subject"
        )
        for subject in subjects {
            let count = try Int.fetchOne(
                db,
                sql: "SELECT count(*) FROM ledger_text WHERE subject = ?",
                arguments: [subject]
            )
            guard count != found[subject] else { continue }
            let row = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(row_id) FROM ledger_text WHERE subject = :subject AND row_id NOT IN (
                        SELECT row_id FROM ledger_entry WHERE subject = :subject
                    )
                    """,
                arguments: ["subject": subject]
            )
            guard let row else { continue }
            return try LedgerFault(kind: .unrecorded, subject: subject, rowID: row).located(db)
        }
        return nil
    }
}

/// An entry beside the row that it was written for.
private struct LedgerEntry {
    let seq: Int64
    let subject: String
    let rowID: Int64
    let content: [UInt8]
    let chain: [UInt8]
    /// What the row says now; nil where it is gone, or is not in that state any more.
    let text: String?

    init(_ row: ResultRow) throws {
        seq = try row.read("seq")
        subject = try row.read("subject")
        rowID = try row.read("row_id")
        let content: Data = try row.read("content")
        self.content = Array(content)
        let chain: Data = try row.read("chain")
        self.chain = Array(chain)
        text = try row.readIfPresent("text")
    }

    /// Whether it is of the end of what an earlier entry began.
    var isOfEnd: Bool { subject == "deployment.closed" || subject == "pin.lifted" }

    func fault(_ kind: LedgerFault.Kind, _ db: Database) throws -> LedgerFault {
        let fault = LedgerFault(kind: kind, entry: seq, subject: subject, rowID: rowID)
        var located = try fault.located(db)
        // A closed deployment that is open again is not gone.
        if kind == .missing, located.at != nil { located.kind = .changed }
        return located
    }
}

extension LedgerFault {
    /// Where to find a row's certificate, version and time.
    private static let places = [
        "version": "SELECT certificate, version, fetched_at AS at FROM version",
        "deployment": "SELECT certificate, version, started_at AS at FROM deployment",
        "hook_run": """
        SELECT certificate, version, hook_run.started_at AS at
        FROM hook_run LEFT JOIN deployment ON deployment.id = deployment_id
        """,
        "retry": "SELECT certificate, NULL AS version, retried_at AS at FROM retry",
        "pin": "SELECT certificate, version, pinned_at AS at FROM pin",
        "approval": "SELECT certificate, version, approved_at AS at FROM approval",
        "retention": "SELECT NULL AS certificate, NULL AS version, begun_at AS at FROM retention",
    ]

    /// The fault with what its row still tells.
    fileprivate func located(_ db: Database) throws -> LedgerFault {
        guard let table, let rowID, let place = Self.places[table] else { return self }
        let sql = "\(place) WHERE \(table).id = ?"
        var located = self
        try Query(sql: sql, arguments: [rowID]).forEach(db) { row in
            located.certificate = try row.readIfPresent("certificate")
            located.version = try row.readIfPresent("version")
            located.at = try row.dateIfPresent("at")
        }
        return located
    }
}

/// Lower-case hex.
private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
        as: UTF8.self
    )
}
