import Glibc
import Sensitive
import SystemPackage

extension StoredVersion {
    /// How the access of the version's files differs from what it should be, in words; nothing of files
    /// that are not there.
    ///
    /// - Parameters:
    ///   - files: What the version should have.
    ///   - access: What they should be given.
    /// - Returns: One text for each file, `privkey.pem has mode 0644, not 0600`.
    /// - Throws: A `StoreError`.
    package func accessDrift(
        of files: [VersionFile],
        access: ResolvedAccess
    ) throws(StoreError) -> [String] {
        var drift: [String] = []
        for file in files {
            guard try directory.isRegularFile(file.name) else { continue }
            if let text = try directory.accessDrift(of: file, access: access) {
                drift.append("\(file.name) \(text)")
            }
        }
        return drift
    }
}

extension Directory {
    /// The content of a file, and whether it is known to have this access; nil when there is none of
    /// this name.
    func read(
        _ name: String,
        isSecret: Bool,
        access: ResolvedAccess?
    ) throws(StoreError) -> (bytes: SensitiveBytes, hasAccess: Bool)? {
        guard let descriptor = try openForReading(name) else { return nil }
        defer { _ = close(descriptor) }
        let path = path.appending(name)
        let facts = try Self.facts(of: descriptor, at: path)
        let bytes = try read(descriptor, facts, at: path)
        let hasAccess = try? access?.isInForce(on: descriptor, facts, isSecret: isSecret, at: path)
        return (bytes, hasAccess ?? false)
    }

    fileprivate func accessDrift(
        of file: VersionFile,
        access: ResolvedAccess
    ) throws(StoreError) -> String? {
        guard let descriptor = try openForReading(file.name) else { return nil }
        defer { _ = close(descriptor) }
        let path = path.appending(file.name)
        let facts = try Self.facts(of: descriptor, at: path)
        guard
            try !access.isInForce(on: descriptor, facts, isSecret: file.isSecret, at: path)
        else { return nil }
        let mode = facts.st_mode & 0o7777
        let expected =
            access.list(isSecret: file.isSecret)?.mode ?? access.mode(isSecret: file.isSecret)
        if facts.st_uid != access.owner || facts.st_gid != access.group {
            let found =
                "\(Account.name(ofUser: facts.st_uid)):\(Account.name(ofGroup: facts.st_gid))"
            let wanted =
                "\(Account.name(ofUser: access.owner)):\(Account.name(ofGroup: access.group))"
            return "belongs to \(found), not \(wanted)"
        }
        if mode != expected { return "has mode \(mode.octal), not \(expected.octal)" }
        return "has another ACL"
    }
}

extension mode_t {
    fileprivate var octal: String {
        let digits = String(self, radix: 8)
        return String(repeating: "0", count: Swift.max(0, 4 - digits.count)) + digits
    }
}
