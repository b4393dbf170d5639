import Foundation
import GRDB

extension Query {
    /// Versions, each with its place among those asked for; with or without their files.
    package static func records(of versions: [AskedVersion], withFiles: Bool = false) -> Query {
        let files = withFiles ? files(of: "v") : "NULL"
        return asking(versions, "v.*, \(files) AS files", "version AS v")
    }

    /// What was found in versions, likewise.
    package static func examinations(of versions: [AskedVersion]) -> Query {
        asking(versions, "v.*", "examination AS v")
    }

    /// Who let versions through, likewise.
    package static func approvals(of versions: [AskedVersion]) -> Query {
        asking(versions, "v.*", "approval AS v")
    }

    private static func asking(
        _ versions: [AskedVersion],
        _ columns: String,
        _ table: String
    ) -> Query {
        Query(
            sql: """
                SELECT asked.key AS place, \(columns)
                FROM json_each(?) AS asked
                CROSS JOIN \(table)
                    ON v.certificate = json_extract(asked.value, '$[0]')
                    AND v.version = json_extract(asked.value, '$[1]')
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }

    /// The id of the row that made each version live for a reason of its own, the newest of them.
    ///
    /// The unary + is there for the reason that ``deployments(_:)`` has: a version has few rows.
    package static func arrivals(of versions: [AskedVersion]) -> Query {
        Query(
            sql: """
                SELECT asked.key AS place, (
                    SELECT id FROM deployment
                    WHERE certificate = json_extract(asked.value, '$[0]')
                        AND version = json_extract(asked.value, '$[1]')
                        AND +outcome IN ('deployed', 'interrupted')
                        AND +"trigger" IN ('poll', 'sync', 'rollback')
                    ORDER BY id DESC LIMIT 1
                ) AS arrival
                FROM json_each(?) AS asked
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }
}

/// What a policy asks of live versions, as many as there are.
struct LiveExaminations {
    private var found: [AskedVersion: LiveExamination] = [:]

    subscript(version: AskedVersion) -> LiveExamination? { found[version] }

    /// Five statements, however many versions there are, and one for each version whose last
    /// deployment isn't the one that made it live.
    ///
    /// - Parameters:
    ///   - db: One state of the database.
    ///   - versions: Those that are live.
    ///   - last: The last deployments of these.
    /// - Throws: What SQLite or a row that can't be read says.
    init(
        _ db: Database,
        of versions: [AskedVersion],
        last: [AskedVersion: Deployment]
    ) throws {
        func each(
            _ versions: [AskedVersion],
            _ query: ([AskedVersion]) -> Query,
            _ body: (AskedVersion, Row) throws -> Void
        ) throws {
            try query(versions).forEach(db) { row in
                try body(versions[try row.read("place")], row)
            }
        }
        try each(versions, { Query.records(of: $0) }) { version, row in
            found[version] = LiveExamination(record: try VersionRecord(row), contents: [])
        }
        try each(versions, Query.examinations) { version, row in
            found[version]?.contents = try Examination(row).findings
        }
        try each(versions, Query.approvals) { version, row in
            found[version]?.approval = try Approval(row)
        }
        try each(versions, Query.arrivals) { version, row in
            guard let id: Int64 = try row.readIfPresent("arrival") else { return }
            let isLast = last[version]?.id == id
            found[version]?.arrival =
                try isLast ? last[version] : Query.deployment(id).fetchFirst(db, Deployment.init)
        }
        let arrived = found.compactMap { version, live in
            live.arrival?.previousVersion.flatMap { previous in
                previous == version.version
                    ? nil : (version, AskedVersion(version.certificate, previous))
            }
        }
        let replaced = arrived.map(\.1)
        var records: [AskedVersion: VersionRecord] = [:]
        try each(replaced, { Query.records(of: $0) }) { version, row in
            records[version] = try VersionRecord(row)
        }
        for (version, previous) in arrived { found[version]?.replaced = records[previous] }
    }
}
