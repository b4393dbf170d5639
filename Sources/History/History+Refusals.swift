import Foundation
import GRDB

extension History {
    /// Why a version is not to be tried again by itself; nil when it may be.
    ///
    /// It is the newest row that rejected it, rolled it back or failed over it, unless a retry
    /// came after that row, or the version went live after it.
    package func refusal(
        of version: String,
        of certificate: String
    ) throws(HistoryError) -> Deployment? {
        try read("read refusal") { db in
            try deployments(db, Query.refusal(of: version, of: certificate)).first
        }
    }

    /// Lets every refused version of a certificate be tried once more.
    ///
    /// - Returns: How many versions that are; where it is none, nothing is written.
    @discardableResult
    package func clearRefusals(
        of certificate: String,
        at: Date,
        actor: String
    ) throws(HistoryError) -> Int {
        try write("clear refusals") { db in
            let refused = try Query.refusedVersions(of: certificate).fetchAll(db) { _ in }.count
            guard refused > 0 else { return 0 }
            // Only closed rows: one still open may end as a refusal, and that will be a new one.
            try db.execute(
                sql: """
                    INSERT INTO retry (certificate, through_deployment_id, actor, retried_at)
                    SELECT :certificate, max(id), :actor, :at FROM deployment
                    WHERE certificate = :certificate AND outcome IS NOT NULL
                    """,
                arguments: [
                    "certificate": certificate,
                    "actor": actor,
                    "at": Timestamp.text(at),
                ]
            )
            return refused
        }
    }
}
