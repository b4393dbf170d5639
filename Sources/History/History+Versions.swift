import Foundation
import GRDB

extension History {
    /// Keeps a version as it was first fetched; a later fetch of the same one changes nothing.
    ///
    /// Unless the first could not be read as a certificate and this one could: then the row is
    /// completed, so that a version that was refused for our own want of a cipher has its facts
    /// after a retry.
    package func record(_ version: VersionRecord) throws(HistoryError) {
        try write("record version") { db in try version.record(db) }
    }

    /// One version; nil when it was never fetched.
    package func version(
        _ version: String,
        of certificate: String
    ) throws(HistoryError) -> VersionRecord? {
        try read("read version") { db in
            try Query.version(version, of: certificate).fetchFirst(db, VersionRecord.init)
        }
    }

    /// Every version of a certificate that was ever fetched, newest fetched first.
    package func versions(of certificate: String) throws(HistoryError) -> [VersionRecord] {
        try read("read versions") { db in
            try Query.versions(of: certificate).fetchAll(db, VersionRecord.init)
        }
    }
}

extension VersionRecord {
    /// Writes the row unless there is one, or completes it.
    ///
    /// Asked first, since the ledger's trigger stops a second insert before SQLite would come to an
    /// ON CONFLICT clause. The transaction holds the write lock, so nobody comes in between.
    func record(_ db: Database) throws {
        let known = Query(
            sql: "SELECT id, thumbprint FROM version WHERE certificate = ? AND version = ?",
            arguments: [certificate, version]
        )
        let row: (id: Int64, thumbprint: String?)? = try known.fetchFirst(db) { row in
            (try row.read("id"), try row.readIfPresent("thumbprint"))
        }
        guard let row else { return try insert(db) }
        guard thumbprint != nil, row.thumbprint == nil else { return }
        try complete(db, id: row.id)
    }

    private func insert(_ db: Database) throws {
        try db.reuse(
            """
            INSERT INTO version (certificate, version, dns_names, fetched_at)
            VALUES (?, ?, '[]', ?)
            """,
            [certificate, version, Timestamp.text(fetchedAt)]
        )
        try complete(db, id: db.lastInsertedRowID)
    }

    /// Fills in what the certificate is, also where an earlier fetch could not read it.
    ///
    /// The files come first: the ledger chains them with the row that has a thumbprint.
    private func complete(_ db: Database, id: Int64) throws {
        for (name, digest) in files {
            try db.reuse(
                "INSERT INTO version_file (version_id, name, sha256) VALUES (?, ?, ?)",
                [id, name, digest]
            )
        }
        try db.reuse(
            """
            UPDATE version SET
                thumbprint = :thumbprint, sha256 = :sha256, subject = :subject,
                issuer = :issuer, serial_number = :serialNumber, dns_names = :dnsNames,
                key_type = :keyType, not_before = :notBefore, not_after = :notAfter,
                content_type = :contentType
            WHERE id = :id
            """,
            try facts + ["id": id]
        )
    }

    /// The columns that say what the certificate is.
    private var facts: StatementArguments {
        get throws {
            let names = try JSONEncoder().encode(dnsNames)
            return [
                "thumbprint": thumbprint,
                "sha256": sha256,
                "subject": subject,
                "issuer": issuer,
                "serialNumber": serialNumber,
                "dnsNames": String(decoding: names, as: UTF8.self),
                "keyType": keyType,
                "notBefore": notBefore.map(Timestamp.text),
                "notAfter": notAfter.map(Timestamp.text),
                "contentType": contentType,
            ]
        }
    }

    init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            thumbprint: try row.readIfPresent("thumbprint"),
            sha256: try row.readIfPresent("sha256"),
            subject: try row.readIfPresent("subject"),
            issuer: try row.readIfPresent("issuer"),
            serialNumber: try row.readIfPresent("serial_number"),
            dnsNames: try row.strings("dns_names"),
            keyType: try row.readIfPresent("key_type"),
            notBefore: try row.dateIfPresent("not_before"),
            notAfter: try row.dateIfPresent("not_after"),
            contentType: try row.readIfPresent("content_type"),
            fetchedAt: try row.date("fetched_at"),
            files: try row.digests("files")
        )
    }
}
