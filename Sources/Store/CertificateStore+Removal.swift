import Glibc
import SystemPackage

extension CertificateStore {
    /// The certificates that lie in the store, observed or not, sorted.
    ///
    /// Only directories that have `versions`, as the store makes them; what anybody else has put
    /// beside them is none.
    ///
    /// - Parameter others: Names that are not of interest, and are not looked at.
    /// - Returns: Names.
    /// - Throws: A `StoreError`, where the store or what lies in it can't be looked at.
    package func certificates(
        besides others: Set<String> = []
    ) throws(StoreError) -> [String] {
        guard unsafe access(root.string, F_OK) == 0 else { return [] }
        let directory = try Directory.open(root)
        var certificates: [String] = []
        for name in try directory.names().sorted()
        where Self.isValidName(name) && !others.contains(name) {
            guard try directory.entry(name) == .directory else { continue }
            let certificate = try directory.open(name, isOurs: false)
            if try certificate.entry("versions") == .directory { certificates.append(name) }
        }
        return certificates
    }

    /// What lies under a certificate's name and isn't the store's, by path, sorted.
    ///
    /// - Throws: A `StoreError`, also when others may write there.
    package func strangers(beside certificate: String) throws(StoreError) -> [FilePath] {
        try check(certificate: certificate)
        guard unsafe access(root.string, F_OK) == 0 else { return [] }
        let root = try Directory.open(root)
        guard try root.entry(certificate) != .absent else { return [] }
        guard try root.entry(certificate) == .directory,
            let directory = try root.openIfPresent(certificate)
        else { return [root.path.appending(certificate)] }
        return try strangers(in: directory)
    }

    /// Removes a certificate with all its versions, the live one too, their bytes overwritten where
    /// that means anything.
    ///
    /// It loses its name first, so that nobody sees it half removed; after a crash
    /// `removeLeftovers()` removes the rest. What somebody else has put in its directory stays
    /// there, and then the versions alone go, `current` before them.
    ///
    /// - Returns: What stays, by path, sorted.
    /// - Throws: A `StoreError`, also when there is none, or the directory isn't of the store's
    ///   making.
    @discardableResult
    package func remove(_ certificate: String) throws(StoreError) -> [FilePath] {
        try check(certificate: certificate)
        let root = try Directory.open(root)
        guard let directory = try root.openIfPresent(certificate),
            try Self.isOfTheStore(directory)
        else {
            throw StoreError(
                operation: "remove",
                path: root.path.appending(certificate).string,
                cause: "there is no certificate of the agent's"
            )
        }
        let strangers = try strangers(in: directory)
        guard strangers.isEmpty else {
            try removeVersions(in: directory)
            return strangers
        }
        let removed = StoreName.Temporary.removed.name()
        try root.rename(certificate, to: removed)
        try root.sync()
        try root.eraseTree(removed)
        return []
    }

    /// Removes what a killed run has left of certificates that it removed, and nothing else.
    package func removeLeftovers() throws(StoreError) {
        guard unsafe access(root.string, F_OK) == 0 else { return }
        try Directory.open(root).removeLeftovers([.removed])
    }

    private func removeVersions(in certificate: borrowing Directory) throws(StoreError) {
        if Self.isCurrent(try certificate.entry("current")) {
            try certificate.unlink("current")
            try certificate.sync()
        }
        try certificate.removeLeftovers([.new])
        guard try certificate.entry("versions") == .directory else { return }
        let versions = try certificate.open("versions")
        for version in try versions.versions() {
            try versions.rename(version, to: StoreName.Temporary.removed.name())
        }
        try versions.sync()
        for name in try versions.names()
        where StoreName.Temporary.allCases.contains(where: { $0.made(name) }) {
            try versions.eraseTree(name)
        }
        if try versions.names().isEmpty { try certificate.removeTree("versions") }
        try certificate.sync()
    }

    private func strangers(in certificate: borrowing Directory) throws(StoreError) -> [FilePath] {
        var strangers: [FilePath] = []
        for name in try certificate.names() {
            let entry = try certificate.entry(name)
            let isOurs =
                switch name {
                case "current": Self.isCurrent(entry)
                case "versions": entry == .directory
                default: StoreName.Temporary.new.made(name)
                }
            if !isOurs { strangers.append(certificate.path.appending(name)) }
        }
        guard try certificate.entry("versions") == .directory else {
            return strangers.sorted { $0.string < $1.string }
        }
        let versions = try certificate.open("versions")
        let ours = Set(try versions.versions())
        for name in try versions.names() where !ours.contains(name) {
            guard !StoreName.Temporary.allCases.contains(where: { $0.made(name) }) else { continue }
            strangers.append(versions.path.appending(name))
        }
        return strangers.sorted { $0.string < $1.string }
    }

    private static func isOfTheStore(
        _ directory: borrowing Directory
    ) throws(StoreError) -> Bool {
        if try directory.entry("versions") == .directory { return true }
        return isCurrent(try directory.entry("current"))
    }

    /// Whether an entry is a link as `makeCurrent(_:of:)` writes it.
    private static func isCurrent(_ entry: Directory.Entry) -> Bool {
        guard case .symlink(let text) = entry else { return false }
        return text.hasPrefix("versions/")
            && StoreName.isVersion(String(text.dropFirst("versions/".count)))
    }
}
