import Agent
import Foundation

/// How much of a certificate's validity is used up, as a bar of ten cells: `████████░░`.
struct ValidityBar {
    let text: String
    let style: Style

    /// nil where the dates aren't known.
    init?(_ notBefore: Date?, _ notAfter: Date?, _ thresholds: HealthThresholds, now: Date) {
        guard let notBefore, let notAfter else { return nil }
        let left = notAfter.timeIntervalSince(now)
        let whole = notAfter.timeIntervalSince(notBefore)
        let used = left <= 0 ? 1 : whole <= 0 ? 0 : min(max(1 - left / whole, 0), 1)
        // Down, so that a full bar is one that has expired.
        let cells = Int(used * Double(Self.cells))
        let (full, empty) = Terminal.isUnicode ? ("█", "░") : ("#", "-")
        text =
            String(repeating: full, count: cells)
            + String(repeating: empty, count: Self.cells - cells)
        style =
            left < thresholds.expiryCritical
            ? .critical : left < thresholds.expiryWarning ? .warning : .good
    }

    private static let cells = 10
}
