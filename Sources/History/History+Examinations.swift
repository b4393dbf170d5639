import Foundation
import GRDB

extension Query {
    package static func examination(of version: String, of certificate: String) -> Query {
        Query(
            sql: "SELECT * FROM examination WHERE certificate = ? AND version = ?",
            arguments: [certificate, version]
        )
    }

    package static func approval(of version: String, of certificate: String) -> Query {
        Query(
            sql: "SELECT * FROM approval WHERE certificate = ? AND version = ?",
            arguments: [certificate, version]
        )
    }

    /// Whether one version came on record before another, by the order of the rows.
    package static func order(
        of version: String,
        and other: String,
        of certificate: String
    ) -> Query {
        Query(
            sql: """
                SELECT one.id < other.id AS is_before FROM version AS one, version AS other
                WHERE one.certificate = :certificate AND one.version = :version
                    AND other.certificate = :certificate AND other.version = :other
                """,
            arguments: ["certificate": certificate, "version": version, "other": other]
        )
    }
}

extension History {
    /// Keeps what was found in a version that is on record; a later examination of the same one
    /// changes nothing.
    package func record(_ examination: Examination) throws(HistoryError) {
        try write("record examination") { db in try examination.record(db) }
    }

    /// What was found in a version; nil where nobody looked.
    package func examination(
        of version: String,
        of certificate: String
    ) throws(HistoryError) -> Examination? {
        try read("read examination") { db in
            try Query.examination(of: version, of: certificate).fetchFirst(db, Examination.init)
        }
    }

    /// Keeps that a person let a version through; a second approval of the same one changes nothing.
    package func approve(_ approval: Approval) throws(HistoryError) {
        try write("record approval") { db in
            let known = Query.approval(of: approval.version, of: approval.certificate)
            guard try !known.finds(db) else { return }
            try db.execute(
                sql: """
                    INSERT INTO approval (certificate, version, actor, reason, approved_at)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    approval.certificate, approval.version, approval.actor,
                    approval.reason.map(withoutPrivateKeys), Timestamp.text(approval.at),
                ]
            )
        }
    }

    /// Every approval of a certificate, newest first.
    package func approvals(of certificate: String) throws(HistoryError) -> [Approval] {
        try read("read approvals") { db in try approvals(db, of: certificate) }
    }

    func approvals(_ db: Database, of certificate: String) throws -> [Approval] {
        let sql = "SELECT * FROM approval WHERE certificate = ? ORDER BY id DESC"
        return try Query(sql: sql, arguments: [certificate]).fetchAll(db, Approval.init)
    }
}

extension Examination {
    /// Writes the row unless there is one.
    func record(_ db: Database) throws {
        // Asked first, for the reason that ``VersionRecord/record(_:)`` has.
        guard try !Query.examination(of: version, of: certificate).finds(db) else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let findings = try encoder.encode(findings)
        try db.reuse(
            """
            INSERT INTO examination (certificate, version, findings, examined_at)
            VALUES (?, ?, ?, ?)
            """,
            [
                certificate, version, String(decoding: findings, as: UTF8.self),
                Timestamp.text(at),
            ]
        )
    }

    init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            findings: try row.findings() ?? [],
            at: try row.date("examined_at")
        )
    }
}

extension ResultRow {
    /// What was found in a version; nil where nobody looked.
    func findings() throws -> [Examination.Finding]? {
        guard let text: String = try readIfPresent("findings") else { return nil }
        return try text == "[]" ? [] : json("findings")
    }
}

extension Approval {
    init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            actor: try row.read("actor"),
            reason: try row.readIfPresent("reason"),
            at: try row.date("approved_at")
        )
    }
}
