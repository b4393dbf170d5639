import History
import PKI

extension LedgerDigest {
    /// OpenSSL's.
    package static let sha256 = LedgerDigest { PKI.sha256($0) }
}
