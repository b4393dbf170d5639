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

    /// The names of the files in it, sorted.
    package func fileNames() throws(StoreError) -> [String] {
        var names: [String] = []
        for name in try directory.names().sorted() where try directory.isRegularFile(name) {
            names.append(name)
        }
        return names
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
