import History
import PKI
import Sensitive
import Store

/// The bytes that the agent may have put in the place of a copy.
struct WrittenBytes: Sendable {
    private let certificate: String
    private let sha256: String?
    private let stores: [CertificateStore]

    /// - Parameters:
    ///   - record: What is on record of the copy.
    ///   - stores: Where versions of its certificate may lie.
    init(of record: TargetRecord, in stores: [CertificateStore]) {
        certificate = record.certificate
        sha256 = record.sha256
        self.stores = stores
    }

    /// Whether these are some of them: those on record, or those of a file of any version on disk.
    ///
    /// A crash between the rename of a copy and its record leaves the earlier one on record.
    func contain(_ bytes: SensitiveBytes) throws(StoreError) -> Bool {
        if sha256Hex(bytes) == sha256 { return true }
        for store in stores {
            for version in try store.versions(of: certificate) {
                for file in try store.files(of: certificate, version: version) ?? [] {
                    // A link or a pipe among the files is none of the agent's.
                    guard
                        let found = try? store.read(file.name, of: certificate, version: version)
                    else { continue }
                    if found == bytes { return true }
                }
            }
        }
        return false
    }
}
