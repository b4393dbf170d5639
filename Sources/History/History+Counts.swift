import GRDB

/// How many deployments of a certificate ended in which way.
package struct OutcomeCount: Sendable, Hashable {
    package var certificate: String
    package var outcome: Outcome
    package var count: Int

    package init(certificate: String, outcome: Outcome, count: Int) {
        self.certificate = certificate
        self.outcome = outcome
        self.count = count
    }
}

extension Query {
    /// How often each outcome was, of one certificate; answered from an index, no row is read.
    package static func outcomeCounts(of certificate: String) -> Query {
        Query(
            sql: """
                SELECT outcome, count(*) AS count FROM deployment
                WHERE certificate = ? AND outcome IS NOT NULL
                GROUP BY outcome
                """,
            arguments: [certificate]
        )
    }

    /// The same of the deployments that retention removed.
    static func removedOutcomeCounts(of certificate: String) -> Query {
        Query(
            sql: "SELECT outcome, count FROM removed_outcome WHERE certificate = ?",
            arguments: [certificate]
        )
    }
}

extension History {
    /// How many deployments ended in which way, of all the certificates named, on one state.
    ///
    /// What never was is left out. What retention removed goes on counting, so a count only grows.
    package func outcomeCounts(
        of certificates: [String]
    ) throws(HistoryError) -> [OutcomeCount] {
        try read("count deployments") { db in
            try certificates.flatMap { certificate in
                var counts: [Outcome: Int] = [:]
                for query in [
                    Query.outcomeCounts(of: certificate),
                    Query.removedOutcomeCounts(of: certificate),
                ] {
                    try query.forEach(db) { row in
                        counts[try row.read("outcome"), default: 0] += try row.read("count")
                    }
                }
                return counts.sorted { $0.key.rawValue < $1.key.rawValue }.map { outcome, count in
                    OutcomeCount(certificate: certificate, outcome: outcome, count: count)
                }
            }
        }
    }
}
