import Foundation

/// What counts of a version's newest closed deployment for how its certificate stands.
package struct LastDeployment: Sendable, Hashable {
    /// Its place in the ledger.
    package var id: Int64
    package var trigger: Trigger
    package var outcome: Outcome
    package var reason: String?
    package var error: String?
    package var previousVersion: String?
    package var startedAt: Date
    package var finishedAt: Date
}

extension LastDeployment {
    /// The columns that it is read from, of the row `d`.
    static let columns = """
        d.id, d."trigger", d.outcome, d.reason, d.error, d.previous_version, d.started_at,
        d.finished_at
        """

    /// - Parameter row: One that is closed.
    /// - Throws: `UnreadableRow`.
    init(_ row: ResultRow) throws {
        self.init(
            id: try row.read("id"),
            trigger: try row.read("trigger"),
            outcome: try row.read("outcome"),
            reason: try row.readIfPresent("reason"),
            error: try row.readIfPresent("error"),
            previousVersion: try row.readIfPresent("previous_version"),
            startedAt: try row.date("started_at"),
            finishedAt: try row.date("finished_at")
        )
    }
}
