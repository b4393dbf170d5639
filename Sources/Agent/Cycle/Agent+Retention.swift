import Foundation
import History
import Logging

extension Agent {
    /// Removes from the history what is older than `history.keepDays` and nothing depends on.
    ///
    /// What keeps it from that is logged: old rows in the way harm nobody, and the next time comes.
    package func removeOldHistory(now: Date = Date()) {
        do {
            let removed = try history.removeRows(
                before: now.addingTimeInterval(-86_400 * Double(settings.keepDays)),
                at: now
            )
            guard removed.total > 0 else { return }
            logger.info(
                "old history removed",
                metadata: [
                    "deployments": "\(removed.deployments)", "hookRuns": "\(removed.hookRuns)",
                    "pins": "\(removed.pins)", "retries": "\(removed.retries)",
                ]
            )
        } catch {
            logger.warning("old history could not be removed", metadata: ["error": "\(error)"])
        }
    }
}
