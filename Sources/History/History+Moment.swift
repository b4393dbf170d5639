import Foundation
import GRDB

extension Query {
    /// What was live at a moment, of one certificate or of each on record, by name.
    ///
    /// That is what the last deployment made live that had succeeded by then; by the clock, since
    /// the question is. Each certificate takes one step through an index, however long the ledger.
    ///
    /// Where none had yet, the first that ever did tells what it replaced. The agent knew the
    /// certificate by then, and nothing was deployed in between, so that was live all the time: it
    /// is so in a history that was begun anew beside certificates that were there.
    package static func live(at moment: Date, of certificate: String? = nil) -> Query {
        Query(
            sql: """
                WITH live AS (
                    SELECT c.name, d.id, coalesce(
                        d.version,
                        CASE WHEN c.first_seen_at <= :moment THEN (
                            SELECT previous_version FROM deployment
                            WHERE certificate = c.name AND outcome = 'deployed'
                            ORDER BY finished_at, id LIMIT 1
                        ) END
                    ) AS version
                    FROM certificate AS c LEFT JOIN deployment AS d ON d.id = (
                        SELECT id FROM deployment
                        WHERE certificate = c.name AND outcome = 'deployed'
                            AND finished_at <= :moment
                        ORDER BY finished_at DESC, id DESC LIMIT 1
                    )
                    \(certificate == nil ? "" : "WHERE c.name = :certificate")
                )
                SELECT live.name, live.version, v.thumbprint, v.sha256, v.not_before, v.not_after,
                    d.finished_at, d."trigger", d.actor, d.reason, d.run_id
                FROM live LEFT JOIN deployment AS d ON d.id = live.id
                LEFT JOIN version AS v ON v.certificate = live.name AND v.version = live.version
                ORDER BY live.name
                """,
            arguments: ["moment": Timestamp.text(moment)]
                + (certificate.map { ["certificate": $0] } ?? StatementArguments())
        )
    }
}

extension History {
    /// What was live at a moment, of one certificate or of each on record, by name.
    ///
    /// A certificate of which nothing was live then is there with no version; one that was never
    /// registered is not.
    package func live(
        at moment: Date,
        of certificate: String? = nil
    ) throws(HistoryError) -> [LiveVersion] {
        try read("read what was live") { db in
            try Query.live(at: moment, of: certificate).fetchAll(db, LiveVersion.init)
        }
    }
}

extension LiveVersion {
    fileprivate init(_ row: ResultRow) throws {
        self.init(certificate: try row.read("name"))
        version = try row.readIfPresent("version")
        thumbprint = try row.readIfPresent("thumbprint")
        sha256 = try row.readIfPresent("sha256")
        notBefore = try row.dateIfPresent("not_before")
        notAfter = try row.dateIfPresent("not_after")
        since = try row.dateIfPresent("finished_at")
        trigger = try row.readIfPresent("trigger")
        actor = try row.readIfPresent("actor")
        reason = try row.readIfPresent("reason")
        runID = try row.readIfPresent("run_id")
    }
}
