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

/// What a policy asks of live versions, each in its place among those asked for; nil for what is
/// not on record.
///
/// Five statements, however many versions there are, and one for each version whose last
/// deployment isn't the one that made it live.
///
/// - Parameters:
///   - db: One state of the database.
///   - versions: Those that are live.
///   - last: The last deployment of each.
/// - Returns: What there is on each.
/// - Throws: What SQLite or a row that can't be read says.
func liveExaminations(
    _ db: Database,
    of versions: [AskedVersion],
    last: [Deployment?]
) throws -> [LiveExamination?] {
    var found: [LiveExamination?] = Array(repeating: nil, count: versions.count)
    try Query.records(of: versions).forEach(db) { row in
        found[try row.read("place")] = LiveExamination(
            record: try VersionRecord(row),
            contents: []
        )
    }
    try Query.examinations(of: versions).forEach(db) { row in
        found[try row.read("place")]?.contents = try Examination(row).findings
    }
    try Query.approvals(of: versions).forEach(db) { row in
        found[try row.read("place")]?.approval = try Approval(row)
    }
    try Query.arrivals(of: versions).forEach(db) { row in
        guard let id: Int64 = try row.readIfPresent("arrival") else { return }
        let place: Int = try row.read("place")
        let isLast = last[place]?.id == id
        found[place]?.arrival =
            try isLast ? last[place] : Query.deployment(id).fetchFirst(db, Deployment.init)
    }
    let replaced = versions.indices.compactMap { place in
        found[place]?.arrival?.previousVersion.flatMap { previous in
            previous == versions[place].version
                ? nil : (place, AskedVersion(versions[place].certificate, previous))
        }
    }
    try Query.records(of: replaced.map(\.1)).forEach(db) { row in
        let (place, _) = replaced[try row.read("place")]
        found[place]?.replaced = try VersionRecord(row)
    }
    return found
}
