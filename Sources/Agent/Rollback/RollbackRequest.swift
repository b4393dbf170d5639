import Foundation
import History

/// A rollback as the operator asks for it.
package struct RollbackRequest: Sendable {
    /// What goes back.
    package enum Scope: Sendable {
        /// One certificate.
        case certificate(String, to: RollbackTarget)

        /// All that one pass has changed, by the beginning of its run ID.
        case batch(String)
    }

    /// What keeps the next poll from undoing it.
    package enum Hold: Sendable {
        /// A pin, until it is lifted or that moment has come.
        case pin(until: Date?)

        /// No pin: what was live is refused, and the next newer version is deployed.
        case refusal
    }

    package var scope: Scope
    package var hold: Hold
    package var reason: String?

    /// Go back to a version that has expired, too.
    package var isForced: Bool
    package var isRehearsal: Bool

    package init(
        _ scope: Scope,
        hold: Hold = .pin(until: nil),
        reason: String? = nil,
        isForced: Bool = false,
        isRehearsal: Bool = false
    ) {
        self.scope = scope
        self.hold = hold
        self.reason = reason
        self.isForced = isForced
        self.isRehearsal = isRehearsal
    }
}
