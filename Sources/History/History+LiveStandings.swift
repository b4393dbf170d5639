import Foundation
import GRDB

extension Query {
    /// Versions, each with its place among those asked for; with or without their files.
    package static func records(of versions: [AskedVersion], withFiles: Bool = false) -> Query {
        Query(
            sql: """
                SELECT asked.key AS place, v.*, \(withFiles ? files(of: "v") : "NULL") AS files
                FROM json_each(?) AS asked
                CROSS JOIN version AS v
                    ON v.certificate = \(AskedVersion.certificateInSQL)
                    AND v.version = \(AskedVersion.versionInSQL)
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }

    /// Live versions, each with its place among those asked for: what it is, what was found in it,
    /// its newest closed deployment, and the ids of its approval and of its arrival.
    ///
    /// That is the newest row that made it live for a reason of its own; mostly the last. One
    /// statement, since each of them looks for the same pages of the database. The unary + is there
    /// for the reason that ``deployments(_:)`` has: a version has few rows.
    package static func liveStandings(of versions: [AskedVersion]) -> Query {
        func isArrival(_ prefix: String) -> String {
            """
            \(prefix)outcome IN ('deployed', 'interrupted')
                AND \(prefix)"trigger" IN ('poll', 'sync', 'rollback')
            """
        }
        return Query(
            sql: """
                SELECT asked.key AS place,
                    \(AskedVersion.certificateInSQL) AS certificate,
                    \(AskedVersion.versionInSQL) AS version,
                    v.thumbprint, v.sha256, v.subject, v.issuer, v.serial_number, v.dns_names,
                    v.key_type, v.not_before, v.not_after, v.content_type, v.fetched_at,
                    NULL AS files, e.findings, a.id AS approval,
                    \(LastDeployment.columns),
                    CASE WHEN \(isArrival("d.")) THEN d.id
                    ELSE \(AskedVersion.newestRow(isArrival("+"))) END AS arrival
                FROM json_each(?) AS asked
                LEFT JOIN version AS v
                    ON v.certificate = \(AskedVersion.certificateInSQL)
                    AND v.version = \(AskedVersion.versionInSQL)
                LEFT JOIN examination AS e
                    ON e.certificate = v.certificate AND e.version = v.version
                LEFT JOIN approval AS a
                    ON a.certificate = v.certificate AND a.version = v.version
                LEFT JOIN deployment AS d ON d.id = \(AskedVersion.newestRow("outcome IS NOT NULL"))
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }

    /// One closed row.
    fileprivate static func closedDeployment(_ id: Int64) -> Query {
        Query(
            sql: "SELECT \(LastDeployment.columns) FROM deployment AS d WHERE d.id = ?",
            arguments: [id]
        )
    }
}

extension Database {
    /// Reads what there is on live versions, each into its standing.
    ///
    /// Two statements, however many versions there are; one more for each that was approved, and
    /// for each whose last deployment isn't the one that made it live.
    ///
    /// - Parameters:
    ///   - live: The versions that are live.
    ///   - standings: Where to put what is found: in place, since there is much to copy.
    /// - Throws: What SQLite or a row that can't be read says.
    func readLive(_ live: AskedVersions, into standings: inout [CertificateStanding]) throws {
        var replaced = AskedVersions()
        try Query.liveStandings(of: live.versions).forEach(self) { row in
            let index: Int = try row.read("place")
            let place = live.places[index]
            let asked = live.versions[index]
            let fetchedAt: String? = try row.readIfPresent("fetched_at")
            if fetchedAt != nil {
                standings[place].live = LiveExamination(
                    record: try VersionRecord(row),
                    contents: try row.findings() ?? []
                )
            }
            let approval: Int64? = try row.readIfPresent("approval")
            if approval != nil {
                standings[place].live?.approval =
                    try Query.approval(of: asked.version, of: asked.certificate)
                    .fetchFirst(self, Approval.init)
            }
            let id: Int64? = try row.readIfPresent("id")
            let last = try id.map { _ in try LastDeployment(row) }
            let arrivalID: Int64? = try row.readIfPresent("arrival")
            let arrival =
                arrivalID == id
                ? last
                : try arrivalID.flatMap {
                    try Query.closedDeployment($0).fetchFirst(self, LastDeployment.init)
                }
            if let previous = arrival?.previousVersion, previous != asked.version {
                replaced.add(asked.certificate, previous, for: place)
            }
            standings[place].live?.arrival = arrival
            standings[place].lastOfCurrent = last
        }
        try Query.records(of: replaced.versions).forEach(self) { row in
            let place = replaced.places[try row.read("place")]
            standings[place].live?.replaced = try VersionRecord(row)
        }
    }
}
