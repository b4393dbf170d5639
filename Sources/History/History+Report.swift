import Foundation
import GRDB

/// What one certificate's part of a report is made from, as much of it as the report shows.
package struct CertificateRecord: Sendable {
    /// The newest fetched first.
    package var versions: [VersionRecord]
    package var versionCount: Int

    /// The newest first, with their hook runs.
    package var deployments: [Deployment]
    package var deploymentCount: Int

    /// The newest first, the lifted ones too.
    package var pins: [PastPin]

    /// All of them, the newest first: a person gave each.
    package var approvals: [Approval]

    package init(
        versions: [VersionRecord] = [],
        versionCount: Int = 0,
        deployments: [Deployment] = [],
        deploymentCount: Int = 0,
        pins: [PastPin] = [],
        approvals: [Approval] = []
    ) {
        self.versions = versions
        self.versionCount = versionCount
        self.deployments = deployments
        self.deploymentCount = deploymentCount
        self.pins = pins
        self.approvals = approvals
    }
}

extension Query {
    /// The versions of a certificate that were fetched last, without their files.
    package static func newestVersions(of certificate: String, limit: Int) -> Query {
        Query(
            sql:
                "SELECT *, NULL AS files FROM version WHERE certificate = ? ORDER BY id DESC LIMIT ?",
            arguments: [certificate, limit]
        )
    }

    /// How many versions of a certificate there are; answered from an index, no row is read.
    package static func versionCount(of certificate: String) -> Query {
        Query(
            sql: "SELECT count(*) AS count FROM version WHERE certificate = ?",
            arguments: [certificate]
        )
    }

    /// How many deployments of a certificate there are; answered as ``versionCount(of:)`` is.
    package static func deploymentCount(of certificate: String) -> Query {
        Query(
            sql: "SELECT count(*) AS count FROM deployment WHERE certificate = ?",
            arguments: [certificate]
        )
    }
}

extension History {
    /// What there is of a certificate on one state of the database, of each kind the newest, at most
    /// `limit` of them.
    package func record(
        of certificate: String,
        limit: Int
    ) throws(HistoryError) -> CertificateRecord {
        try read("read history of certificate") { db in
            func count(_ query: Query) throws -> Int {
                try query.fetchFirst(db) { try $0.read("count") } ?? 0
            }
            return CertificateRecord(
                versions: try Query.newestVersions(of: certificate, limit: limit)
                    .fetchAll(db, VersionRecord.init),
                versionCount: try count(.versionCount(of: certificate)),
                deployments: try deployments(
                    db,
                    Query.deployments(HistoryFilter(certificate: certificate, limit: limit))
                ),
                deploymentCount: try count(.deploymentCount(of: certificate)),
                pins: try pins(db, of: certificate, limit: limit),
                approvals: try approvals(db, of: certificate)
            )
        }
    }
}
