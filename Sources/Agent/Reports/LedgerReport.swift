import Foundation
import History

/// The contract of `kvagent history --verify --json`.
package struct LedgerReport: Sendable, Encodable {
    /// How many entries of the chain were looked at.
    package var entries: Int
    package var unbroken: Bool

    /// The chain's last value; null where it is broken, or has no entry.
    @OrNull package var head: String?

    /// How many rows are gone because `history.keepDays` let them go.
    package var removed: Int

    /// What was touched first; null where nothing was.
    @OrNull package var fault: LedgerFaultReport?
}

/// A row or an entry that is not as it was written.
package struct LedgerFaultReport: Sendable, Encodable {
    package var kind: LedgerFault.Kind
    @OrNull package var entry: Int64?
    @OrNull package var table: String?

    /// What the entry says of the row, `closed` of a deployment.
    @OrNull package var event: String?
    @OrNull package var id: Int64?
    @OrNull package var certificate: String?
    @OrNull package var version: String?
    @OrNull package var at: Date?
    package var message: String
}

extension LedgerReport {
    package init(_ verification: LedgerVerification) {
        self.init(
            entries: verification.entries,
            unbroken: verification.fault == nil,
            head: verification.head,
            removed: verification.removed,
            fault: verification.fault.map { LedgerFaultReport($0) }
        )
    }
}

extension LedgerFaultReport {
    init(_ fault: LedgerFault) {
        self.init(
            kind: fault.kind,
            entry: fault.entry,
            table: fault.table,
            event: fault.event,
            id: fault.rowID,
            certificate: fault.certificate,
            version: fault.version,
            at: fault.at,
            message: fault.message
        )
    }
}

extension LedgerFault {
    /// The fault in a sentence, with all that is known of the row.
    fileprivate var message: String {
        let entry = entry.map { "entry \($0)" } ?? "no entry"
        return switch kind {
        case .changed: "\(row): it is not what was written, by \(entry)"
        case .missing: "\(row): it was written, by \(entry), and is gone"
        case .tooManyMissing: "more rows of \(table ?? "") are gone than history.keepDays let go"
        case .unrecorded:
            "\(row): it was not written by kvagent; no entry says that it was \(event ?? "")"
        case .entryMissing: "\(entry) is gone"
        case .chainBroken: "\(entry), of \(row): it does not follow from the entry before it"
        case .headUnknown:
            "no entry has the value given with --head: later entries were taken away, or all of them written anew"
        }
    }

    /// `deployment 12 (web, version 8f0c…, 2026-11-24T08:00:00Z)`.
    private var row: String {
        let facts = [certificate, version.map { "version \($0)" }, at?.formatted(.rfc3339)]
            .compactMap(\.self)
        let name = "\((table ?? "row").replacing("_", with: " ")) \(rowID ?? 0)"
        return facts.isEmpty ? name : "\(name) (\(facts.joined(separator: ", ")))"
    }
}
