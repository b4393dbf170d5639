import GRDB

extension Query {
    /// Where every certificate was put.
    static let placements = Query(
        sql: "SELECT * FROM placement ORDER BY certificate, location",
        arguments: []
    )

    package static func placement(of certificate: String, in location: String) -> Query {
        Query(
            sql: "SELECT * FROM placement WHERE certificate = ? AND location = ?",
            arguments: [certificate, location]
        )
    }
}

extension History {
    /// Where certificates have been put, by name and location.
    package func placements() throws(HistoryError) -> [PlacementRecord] {
        try read("read placements") { db in
            try Query.placements.fetchAll(db, PlacementRecord.init)
        }
    }

    /// Notes where certificates' files are, in one transaction; writes nothing where that is known.
    package func record(_ placements: [PlacementRecord]) throws(HistoryError) {
        let new = try read("read placements") { db in
            try placements.filter { placement in
                try Query.placement(of: placement.certificate, in: placement.location)
                    .fetchFirst(db, PlacementRecord.init) != placement
            }
        }
        guard !new.isEmpty else { return }
        try write("record placements") { db in
            for placement in new {
                try db.reuse(
                    """
                    INSERT INTO placement (certificate, location, access) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET access = excluded.access
                    """,
                    [placement.certificate, placement.location, placement.access]
                )
            }
        }
    }

    /// Forgets where a certificate was, once nothing of it is there any more.
    package func forgetPlacement(
        of certificate: String,
        in location: String
    ) throws(HistoryError) {
        try write("forget placement") { db in
            try db.execute(
                sql: "DELETE FROM placement WHERE certificate = ? AND location = ?",
                arguments: [certificate, location]
            )
        }
    }

    /// What the agent has put outside of its own directories, of one certificate or of all, by path.
    package func targets(of certificate: String? = nil) throws(HistoryError) -> [TargetRecord] {
        try read("read targets") { db in
            try Query(
                sql: """
                    SELECT * FROM target WHERE coalesce(certificate = ?, TRUE) ORDER BY path
                    """,
                arguments: [certificate]
            )
            .fetchAll(db, TargetRecord.init)
        }
    }

    /// Notes what is put in a place, before it is; writes nothing where that is known.
    package func record(_ target: TargetRecord) throws(HistoryError) {
        let known = try read("read target") { db in
            try Query(sql: "SELECT * FROM target WHERE path = ?", arguments: [target.path])
                .fetchFirst(db, TargetRecord.init)
        }
        guard known != target else { return }
        try write("record target") { db in
            try db.reuse(
                """
                INSERT INTO target (path, certificate, kind, sha256) VALUES (?, ?, ?, ?)
                ON CONFLICT DO UPDATE SET certificate = excluded.certificate,
                    kind = excluded.kind, sha256 = excluded.sha256
                """,
                [
                    target.path, target.certificate, target.kind.rawValue, target.sha256,
                ]
            )
        }
    }

    /// Forgets a place, once nothing of the agent's is there any more.
    package func forgetTarget(at path: String) throws(HistoryError) {
        try write("forget target") { db in
            try db.execute(sql: "DELETE FROM target WHERE path = ?", arguments: [path])
        }
    }
}

extension PlacementRecord {
    init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            location: try row.read("location"),
            access: try row.read("access")
        )
    }
}

extension TargetRecord {
    fileprivate init(_ row: ResultRow) throws {
        self.init(
            path: try row.read("path"),
            certificate: try row.read("certificate"),
            kind: try row.read("kind"),
            sha256: try row.readIfPresent("sha256")
        )
    }
}

extension TargetRecord.Kind: DatabaseValueConvertible {}
