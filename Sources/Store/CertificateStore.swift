import Glibc
import Sensitive
import SystemPackage

/// The certificates on disk: a directory per version, and per certificate one link to the live one.
///
///     certs/README
///     certs/web/current -> versions/8f0c…
///     certs/web/versions/8f0c…/privkey.pem …
///
/// A version is written beside the others, flushed, and given its name by a rename; it becomes
/// live by one more rename, of `current`. So a crash at any point leaves the old version or the
/// new, whole, plus at most files under names that `prepare()` removes. Callers hold the
/// `ProcessLock`: two writers at once would take each other's temporaries for leftovers.
package struct CertificateStore: Sendable {
    /// The directory that holds one directory per certificate.
    package let root: FilePath

    package init(root: FilePath) {
        self.root = root
    }

    /// The directory of a version; the path only, whether there is one or not.
    package func versionDirectory(of certificate: String, version: String) -> FilePath {
        root.appending(certificate).appending("versions").appending(version)
    }

    /// The path through which services read: `…/certs/web/current`.
    package func currentDirectory(of certificate: String) -> FilePath {
        root.appending(certificate).appending("current")
    }

    /// Makes the root with its README, and removes what a killed run has left behind.
    ///
    /// Only names that the store makes are removed; what is live, and what anybody else has put
    /// there, stays.
    ///
    /// - Parameter isSearched: Whether to look for such things, in every certificate's directory.
    /// - Throws: A `StoreError`, also when the root is writable by everyone.
    package func prepare(searching isSearched: Bool = true) throws(StoreError) {
        try makeRoot()
        let directory = try Directory.open(root)
        if isSearched { try removeLeftovers(in: directory) }
        try Readme.write(into: directory)
    }

    private func removeLeftovers(in directory: borrowing Directory) throws(StoreError) {
        try directory.removeLeftovers([.new, .removed])
        for name in try directory.names() where StoreName.isPlain(name) {
            guard try directory.entry(name) == .directory else { continue }
            let certificate = try directory.open(name)
            try certificate.removeLeftovers([.new])
            try certificate.openIfPresent("versions")?
                .removeLeftovers(StoreName.Temporary.allCases)
        }
    }

    /// The version directories that a certificate has, sorted.
    package func versions(of certificate: String) throws(StoreError) -> [String] {
        try openCertificate(certificate)?.openIfPresent("versions")?.versions() ?? []
    }

    /// A file of a version; nil when the version or the file is missing.
    ///
    /// - Throws: A `StoreError` when it is no regular file (a symlink, a pipe) or more than 1 MiB.
    package func read(
        _ file: String,
        of certificate: String,
        version: String
    ) throws(StoreError) -> SensitiveBytes? {
        guard let stored = try open(version: version, of: certificate) else { return nil }
        return try stored.read(file)
    }

    /// Deletes the versions that are not kept, and never the one that `current` names.
    ///
    /// A version loses its name before its files go, so that none is ever seen half deleted.
    ///
    /// - Parameters:
    ///   - certificate: The certificate's name.
    ///   - keeping: Versions to keep whatever their age.
    /// - Returns: What has been deleted, sorted.
    /// - Throws: A `StoreError`, also when `current` is not ours.
    package func prune(
        _ certificate: String,
        keeping: Set<String>
    ) throws(StoreError) -> [String] {
        // A link that is not ours is an error here: what it serves is unknown, so nothing is safe.
        let current = try currentVersion(of: certificate)
        guard let versions = try openCertificate(certificate)?.openIfPresent("versions") else {
            return []
        }
        let old = try versions.versions().filter { $0 != current && !keeping.contains($0) }
        guard !old.isEmpty else { return [] }
        var doomed: [String] = []
        for version in old {
            let name = StoreName.Temporary.removed.name()
            try versions.rename(version, to: name)
            doomed.append(name)
        }
        try versions.sync()
        for name in doomed { try versions.eraseTree(name) }
        return old
    }

    /// Opens a certificate's directory; nil when there is none.
    func openCertificate(_ certificate: String) throws(StoreError) -> Directory? {
        try check(certificate: certificate)
        return try openRoot()?.openIfPresent(certificate)
    }

    /// Opens the root; nil before the first `prepare()`, which is no error for a reader.
    func openRoot() throws(StoreError) -> Directory? {
        do {
            return try Directory.open(root)
        } catch {
            guard unsafe access(root.string, F_OK) != 0, errno == ENOENT else { throw error }
            return nil
        }
    }

    /// Makes the root and the directories above it that are missing, 0755.
    private func makeRoot() throws(StoreError) {
        var missing: [FilePath] = []
        var path = root
        while !path.isEmpty, unsafe access(path.string, F_OK) != 0, errno == ENOENT {
            missing.append(path)
            path.removeLastComponent()
        }
        for path in missing.reversed() {
            guard unsafe mkdir(path.string, 0o755) == 0 else {
                // Two starts at the same moment may both have seen it missing.
                if errno == EEXIST { continue }
                throw StoreError("make directory", path, Errno(rawValue: errno))
            }
            try Directory.open(path).setMode(0o755)
            let parent = path.removingLastComponent()
            try Directory.open(parent.isEmpty ? "." : parent).sync()
        }
    }

    /// Refuses a name that could leave the root or pass for something else in it.
    func check(certificate: String) throws(StoreError) {
        guard Self.isValidName(certificate) else {
            throw badName(certificate, kind: "certificate")
        }
    }

    func check(version: String) throws(StoreError) {
        guard StoreName.isVersion(version) else {
            throw StoreError(
                operation: "use version",
                path: Self.shown(version),
                cause: "is not 32 lower-case hexadecimal digits"
            )
        }
    }

    func badName(_ name: String, kind: String) -> StoreError {
        StoreError(
            operation: "use \(kind) name",
            path: Self.shown(name),
            cause:
                "may only have letters, digits, dot, underscore and hyphen, and not start with a dot",
            hint: "set another name in the settings"
        )
    }

    /// A rejected name as messages may show it: it may hold anything, so only a readable part of it.
    private static func shown(_ name: String) -> String {
        String(name.unicodeScalars.prefix(80).map { $0.value < 32 ? "?" : Character($0) })
    }
}
