import Agent
import Foundation

/// How much of a certificate's validity is used up, as a bar of ten cells: `████████░░`.
struct ValidityBar {
    let style: Style

    /// How many cells are used up.
    private let used: Int

    /// As a place in a table.
    var cell: Table.Cell { Table.Cell(Self.texts[used], width: Self.cells, style: style) }

    /// nil where the dates aren't known.
    init?(_ notBefore: Date?, _ notAfter: Date?, _ thresholds: HealthThresholds, now: Date) {
        guard let notBefore, let notAfter else { return nil }
        let left = notAfter.timeIntervalSince(now)
        let whole = notAfter.timeIntervalSince(notBefore)
        let share = left <= 0 ? 1 : whole <= 0 ? 0 : min(max(1 - left / whole, 0), 1)
        // Down, so that a full bar is one that has expired.
        used = Int(share * Double(Self.cells))
        style =
            left < thresholds.expiryCritical
            ? .critical : left < thresholds.expiryWarning ? .warning : .good
    }

    private static let cells = 10

    /// A bar for each number of cells that can be used up.
    private static let texts = (0...cells).map { used in
        let (full, empty) = Terminal.isUnicode ? ("█", "░") : ("#", "-")
        return String(repeating: full, count: used) + String(repeating: empty, count: cells - used)
    }
}
