import Sensitive

/// A file of a version as it shall be on disk.
package struct VersionFile: Sendable {
    /// What the file holds.
    package enum Contents: Sendable {
        case text(String)
        case sensitive(SensitiveBytes)
    }

    /// The file's name, `privkey.pem`.
    package let name: String
    package let contents: Contents
    /// Whether it gets `FileAccess.mode` as it is and the ACL; else anyone may read it.
    package let isSecret: Bool

    package init(name: String, contents: Contents, isSecret: Bool) {
        self.name = name
        self.contents = contents
        self.isSecret = isSecret
    }
}

extension VersionFile.Contents {
    /// Lends the bytes for the length of one call.
    func withUnsafeBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws(StoreError) -> Result
    ) throws(StoreError) -> Result {
        switch self {
        case .sensitive(let bytes):
            return unsafe try bytes.withUnsafeBytes(body)
        case .text(let text):
            let bytes = SensitiveBytes(copying: text.utf8)
            return unsafe try bytes.withUnsafeBytes(body)
        }
    }

    /// Whether they are exactly these bytes.
    func equals(_ other: SensitiveBytes) -> Bool {
        switch self {
        case .sensitive(let bytes): bytes == other
        case .text(let text): SensitiveBytes(copying: text.utf8) == other
        }
    }
}
