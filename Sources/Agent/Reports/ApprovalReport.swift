import Foundation
import History

/// That a person let a version through which the policy holds.
package struct ApprovalReport: Sendable, Encodable {
    package var certificate: String
    package var version: String
    @OrNull package var reason: String?
    package var actor: String
    package var at: Date
}

extension ApprovalReport {
    /// `approved by ada on 2026-11-24T08:00:00Z: why`.
    var words: String {
        "approved by \(actor) on \(at.formatted(.rfc3339))" + (reason.map { ": \($0)" } ?? "")
    }

    init(_ approval: Approval) {
        self.init(
            certificate: approval.certificate,
            version: approval.version,
            reason: approval.reason,
            actor: approval.actor,
            at: approval.at
        )
    }
}
