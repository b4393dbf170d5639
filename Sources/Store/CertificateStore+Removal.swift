import Glibc
import SystemPackage

extension CertificateStore {
    /// The certificates that lie in the store, observed or not, sorted.
    ///
    /// Only directories that have `versions`, as the store makes them; what anybody else has put
    /// beside them is none.
    package func certificates() throws(StoreError) -> [String] {
        guard unsafe access(root.string, F_OK) == 0 else { return [] }
        let directory = try Directory.open(root)
        var certificates: [String] = []
        for name in try directory.names().sorted() where Self.isValidName(name) {
            guard try directory.entry(name) == .directory else { continue }
            let certificate = try directory.open(name, isOurs: false)
            if try certificate.entry("versions") == .directory { certificates.append(name) }
        }
        return certificates
    }

    /// Removes a certificate with all its versions, the live one too.
    ///
    /// It loses its name first, so that nobody sees it half removed; after a crash the next start
    /// removes the rest.
    ///
    /// - Throws: A `StoreError`, also when the directory isn't of the store's making.
    package func remove(_ certificate: String) throws(StoreError) {
        try check(certificate: certificate)
        let directory = try Directory.open(root)
        let removed = StoreName.Temporary.removed.name()
        guard try directory.openIfPresent(certificate)?.entry("versions") == .directory else {
            throw StoreError(
                operation: "remove",
                path: root.appending(certificate).string,
                cause: "there is no certificate of the agent's"
            )
        }
        try directory.rename(certificate, to: removed)
        try directory.sync()
        try directory.eraseTree(removed)
    }
}
