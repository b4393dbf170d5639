import Foundation

/// What a walk along the chain of the ledger found.
package struct LedgerVerification: Sendable, Hashable {
    /// How many entries were looked at: all of them, or up to the one at fault.
    package var entries: Int
    /// The chain's last value, lower-case hex; nil where there is no entry, or the chain is broken.
    package var head: String?
    /// How many rows are gone because retention removed them.
    package var removed: Int
    /// What was touched first, in the order in which it was written; nil where nothing was.
    package var fault: LedgerFault?

    package init(
        entries: Int,
        head: String? = nil,
        removed: Int = 0,
        fault: LedgerFault? = nil
    ) {
        self.entries = entries
        self.head = head
        self.removed = removed
        self.fault = fault
    }
}

/// Something in the history that is not as kvagent wrote it.
package struct LedgerFault: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// The row is not what was written.
        case changed
        /// The row was written and is gone.
        case missing
        /// More rows of a table are gone than retention removed.
        case tooManyMissing
        /// The row is there, and its entry never was.
        case unrecorded
        /// A number is left out among the entries.
        case entryMissing
        /// The entry does not follow from the one before it.
        case chainBroken
        /// No entry has the chain value that was asked for.
        case headUnknown
    }

    package var kind: Kind
    /// The number of the entry; nil where there is none.
    package var entry: Int64?
    /// What was written: "deployment.closed".
    package var subject: String?
    package var rowID: Int64?
    /// nil, like what follows, where the row is gone or has none.
    package var certificate: String?
    package var version: String?
    package var at: Date?

    package init(
        kind: Kind,
        entry: Int64? = nil,
        subject: String? = nil,
        rowID: Int64? = nil,
        certificate: String? = nil,
        version: String? = nil,
        at: Date? = nil
    ) {
        self.kind = kind
        self.entry = entry
        self.subject = subject
        self.rowID = rowID
        self.certificate = certificate
        self.version = version
        self.at = at
    }

    /// The table that the row is, or was, in: what stands before the subject's dot.
    package var table: String? {
        subject.map { String($0.prefix { $0 != "." }) }
    }

    /// What became of the row: what stands after the dot.
    package var event: String? {
        subject.map { String($0.drop { $0 != "." }.dropFirst()) }
    }
}
