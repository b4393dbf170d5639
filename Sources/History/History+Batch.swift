import Foundation
import GRDB

/// A deployment as it ended.
package struct FinishedDeployment: Sendable {
    package var id: Int64
    package var outcome: Outcome
    /// Where there is none, the one that was given at the beginning stays.
    package var reason: String?
    package var error: String?
    package var at: Date

    package init(id: Int64, outcome: Outcome, reason: String?, error: String?, at: Date) {
        self.id = id
        self.outcome = outcome
        self.reason = reason
        self.error = error
        self.at = at
    }
}

extension History {
    /// Writes the rows of what is tried together, in one transaction: each costs a flush of the disk.
    ///
    /// - Returns: Their ids, in the same order.
    package func begin(_ deployments: [NewDeployment]) throws(HistoryError) -> [Int64] {
        guard !deployments.isEmpty else { return [] }
        return try write("begin deployments") { db in
            try deployments.map { try $0.insert(db, ending: nil) }
        }
    }

    /// Closes open rows in one transaction: all of them, or none.
    ///
    /// - Throws: Also when one of them is not open: nothing is closed twice.
    package func finish(_ finished: [FinishedDeployment]) throws(HistoryError) {
        guard !finished.isEmpty else { return }
        try write("finish deployments") { db in
            for deployment in finished {
                let ending = Ending(
                    outcome: deployment.outcome,
                    reason: deployment.reason,
                    error: deployment.error,
                    at: deployment.at
                )
                try ending.close(deployment.id, db)
            }
        }
    }
}
