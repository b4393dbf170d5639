import Glibc
import SystemPackage

extension CertificateStore {
    /// The version that is live; nil when there is no link.
    ///
    /// - Throws: A `StoreError` when `current` is anything but a symlink to `versions/<version>`:
    ///   what it serves is then not what the store has written.
    package func currentVersion(of certificate: String) throws(StoreError) -> String? {
        guard let directory = try openCertificate(certificate) else { return nil }
        return try currentVersion(of: certificate, in: directory)
    }

    /// The live versions of many certificates, in their order; the root is opened once.
    ///
    /// - Returns: For each what `currentVersion(of:)` returns, or the error that it throws.
    package func currentVersions(of certificates: [String]) -> [Result<String?, StoreError>] {
        let root: Directory?
        do throws(StoreError) {
            root = try openRoot()
        } catch {
            return certificates.map { _ in .failure(error) }
        }
        var versions: [Result<String?, StoreError>] = []
        for certificate in certificates {
            do throws(StoreError) {
                try check(certificate: certificate)
                var version: String?
                if let directory = try root?.openIfPresent(certificate) {
                    version = try currentVersion(of: certificate, in: directory)
                }
                versions.append(.success(version))
            } catch {
                versions.append(.failure(error))
            }
        }
        return versions
    }

    private func currentVersion(
        of certificate: String,
        in directory: borrowing Directory
    ) throws(StoreError) -> String? {
        switch try directory.entry("current") {
        case .absent:
            return nil
        case .symlink(let target):
            let prefix = "versions/".utf8
            let version = String(Substring(target.utf8.dropFirst(prefix.count)))
            guard target.utf8.starts(with: prefix), StoreName.isVersion(version) else {
                throw notOurs(certificate, "points at \(target)")
            }
            return version
        case .directory, .other:
            throw notOurs(certificate, "is not a symlink")
        }
    }

    /// Makes a staged version live with one rename, and returns once that is on the disk.
    ///
    /// A reader sees the old version or the new. A `current` that leads elsewhere is replaced, as
    /// a rename does not follow it; one that is no symlink at all is left alone.
    ///
    /// - Parameters:
    ///   - version: What shall be live; nil removes the link, so that nothing is.
    ///   - certificate: The certificate's name.
    /// - Throws: A `StoreError`; what was live still is, unless flushing was what went wrong.
    package func makeCurrent(
        _ version: String?,
        of certificate: String
    ) throws(StoreError) {
        guard let version else { return try removeCurrent(of: certificate) }
        try check(version: version)
        let path = versionDirectory(of: certificate, version: version)
        guard let directory = try openCertificate(certificate),
            try directory.openIfPresent("versions")?.entry(version) == .directory
        else {
            throw StoreError(
                operation: "make current",
                path: path.string,
                cause: "there is no such version on disk",
                hint: "it has been pruned or removed, and has to be fetched again"
            )
        }
        let target = "versions/\(version)"
        switch try directory.entry("current") {
        case .symlink(to: target):
            // It may be a link that a killed run has renamed but not flushed.
            try directory.sync()
        case .symlink, .absent:
            try directory.replaceLink("current", with: target)
        case .directory, .other:
            throw notOurs(certificate, "is not a symlink")
        }
    }

    private func removeCurrent(of certificate: String) throws(StoreError) {
        guard let directory = try openCertificate(certificate) else { return }
        switch try directory.entry("current") {
        case .absent:
            break
        case .symlink:
            try directory.unlink("current")
        case .directory, .other:
            throw notOurs(certificate, "is not a symlink")
        }
        try directory.sync()
    }

    private func notOurs(_ certificate: String, _ cause: String) -> StoreError {
        StoreError(
            operation: "use",
            path: currentDirectory(of: certificate).string,
            cause: cause,
            hint: "it was not made by the agent: move it away, then run a sync"
        )
    }
}
