import Agent
import Foundation

extension ApprovalReport {
    /// `by ada on 2026-11-24 08:00:00: why`.
    var line: String { "by \(actor) on \(at.local)" + (reason.map { ": \($0)" } ?? "") }
}
