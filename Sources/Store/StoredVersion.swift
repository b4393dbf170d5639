import Sensitive

/// A version's directory, opened once for whoever looks at several of its files.
package struct StoredVersion: ~Copyable {
    let directory: Directory
    let store: CertificateStore

    /// A file; nil when there is none of this name.
    ///
    /// - Throws: A `StoreError` when it is no regular file (a symlink, a pipe) or more than 1 MiB.
    package func read(_ file: String) throws(StoreError) -> SensitiveBytes? {
        guard StoreName.isPlain(file) else { throw store.badName(file, kind: "file") }
        return try directory.read(file)
    }

    /// A file, and how it lies there.
    ///
    /// - Parameters:
    ///   - file: Its name.
    ///   - isSecret: Whether it holds a private key.
    ///   - access: What such a file should be given; nil where that can't be had.
    /// - Returns: The content, and whether the file is known to have just this access; nil when
    ///   there is none of this name.
    /// - Throws: As `read(_:)`.
    package func read(
        _ file: String,
        isSecret: Bool,
        access: ResolvedAccess?
    ) throws(StoreError) -> (bytes: SensitiveBytes, hasAccess: Bool)? {
        guard StoreName.isPlain(file) else { throw store.badName(file, kind: "file") }
        return try directory.read(file, isSecret: isSecret, access: access)
    }

    /// Whether there are files in it with other names than these.
    package func hasFiles(besides names: Set<String>) throws(StoreError) -> Bool {
        for name in try directory.names() where !names.contains(name) {
            if try directory.isRegularFile(name) { return true }
        }
        return false
    }
}

extension CertificateStore {
    /// Opens a version's directory; nil when it isn't on disk.
    package func open(
        version: String,
        of certificate: String
    ) throws(StoreError) -> StoredVersion? {
        try check(version: version)
        guard
            let directory = try openCertificate(certificate)?.openIfPresent("versions")?
                .openIfPresent(version)
        else { return nil }
        return StoredVersion(directory: directory, store: self)
    }
}
