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
}

extension History {
    /// How many deployments ended in which way, of all the certificates named, on one state.
    ///
    /// What never was is left out. The ledger is never cut, so a count only grows.
    package func outcomeCounts(
        of certificates: [String]
    ) throws(HistoryError) -> [OutcomeCount] {
        try read("count deployments") { db in
            try certificates.flatMap { certificate in
                try Query.outcomeCounts(of: certificate).fetchAll(db).map { row in
                    OutcomeCount(
                        certificate: certificate,
                        outcome: try row.read("outcome"),
                        count: try row.read("count")
                    )
                }
            }
        }
    }
}
