import Foundation
import GRDB

/// SHA-256, which chains the ledger.
///
/// The caller brings it: this target links no cryptography.
package struct LedgerDigest: Sendable {
    private let sha256: @Sendable ([UInt8]) -> [UInt8]

    /// - Parameter sha256: The 32 bytes of the SHA-256 of some bytes.
    package init(_ sha256: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.sha256 = sha256
    }

    func callAsFunction(_ bytes: [UInt8]) -> [UInt8] { sha256(bytes) }

    /// `kvagent_sha256(X…)`: the digest of all arguments, one after the other.
    ///
    /// A number or NULL has no bytes of its own, and is an error.
    var sqlFunction: DatabaseFunction {
        DatabaseFunction("kvagent_sha256", pure: true) { values in
            var bytes: [UInt8] = []
            for value in values {
                switch value.storage {
                case .blob(let data): bytes += data
                case .string(let text): bytes += text.utf8
                case .null, .int64, .double:
                    throw DatabaseError(resultCode: .SQLITE_MISMATCH)
                }
            }
            return Data(sha256(bytes))
        }
    }
}
