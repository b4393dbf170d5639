import Glibc
import SystemPackage

/// A file of a version as it lies on disk, and who may read it.
package struct StoredFile: Sendable, Hashable {
    /// Who may read a file; what root may, it may anyway.
    package struct Readers: Sendable, Hashable {
        package var users: [String]
        package var groups: [String]
        package var isEveryone: Bool

        package init(users: [String] = [], groups: [String] = [], isEveryone: Bool = false) {
            self.users = users
            self.groups = groups
            self.isEveryone = isEveryone
        }
    }

    package var name: String
    package var size: Int
    /// The permission bits.
    package var mode: UInt16
    /// The owner's name, or the number of one that has none.
    package var owner: String
    package var group: String
    package var readers: Readers
}

extension CertificateStore {
    /// The files of a version with their access, sorted by name; nil when it isn't on disk.
    ///
    /// It takes no right to read the files themselves.
    package func files(
        of certificate: String,
        version: String
    ) throws(StoreError) -> [StoredFile]? {
        try check(version: version)
        guard
            let directory = try openCertificate(certificate)?.openIfPresent("versions")?
                .openIfPresent(version)
        else { return nil }
        var files: [StoredFile] = []
        for name in try directory.names().sorted() {
            if let file = try directory.storedFile(name) { files.append(file) }
        }
        return files
    }
}

extension Directory {
    /// A file's facts; nil for what is no regular file, or gone meanwhile.
    fileprivate func storedFile(_ name: String) throws(StoreError) -> StoredFile? {
        let path = path.appending(name)
        var facts = stat()
        guard unsafe fstatat(descriptor, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return nil }
            throw StoreError("look at", path, Errno(rawValue: errno))
        }
        guard facts.st_mode & S_IFMT == S_IFREG else { return nil }
        let list: [UInt8]?
        do {
            list = try LinuxCalls.attribute(AccessList.attribute, at: path)
        } catch {
            throw StoreError("read the ACL of", path, error)
        }
        return StoredFile(
            name: name,
            size: Int(facts.st_size),
            mode: UInt16(facts.st_mode & 0o7777),
            owner: Account.name(ofUser: facts.st_uid),
            group: Account.name(ofGroup: facts.st_gid),
            readers: StoredFile.Readers(facts, list: list)
        )
    }
}

extension StoredFile.Readers {
    /// - Parameters:
    ///   - facts: The owner, the group and the permission bits.
    ///   - list: The file's ACL, encoded; its entries count instead of the group's bits then.
    fileprivate init(_ facts: stat, list: [UInt8]?) {
        self.init(isEveryone: facts.st_mode & 0o004 != 0)
        if facts.st_mode & 0o400 != 0 { users.append(Account.name(ofUser: facts.st_uid)) }
        guard let list else {
            if facts.st_mode & 0o040 != 0 { groups.append(Account.name(ofGroup: facts.st_gid)) }
            return
        }
        for entry in AccessList.entries(list) where entry.mayRead {
            switch entry.tag {
            case .owningGroup: groups.append(Account.name(ofGroup: facts.st_gid))
            case .group: groups.append(Account.name(ofGroup: entry.id))
            case .user: users.append(Account.name(ofUser: entry.id))
            case .owner, .mask, .other: continue
            }
        }
    }
}
