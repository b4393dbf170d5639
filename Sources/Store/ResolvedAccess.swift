import Glibc
import SystemPackage

/// A `FileAccess` in the numbers of this host; making one changes nothing on disk.
package struct ResolvedAccess: Sendable {
    let owner: uid_t
    let group: gid_t
    /// Permission bits for files with a key in them.
    let mode: mode_t
    /// Users and groups that may read such files too.
    let readers: AccessList.Readers

    /// - Throws: A `StoreError`, for a user or a group that there isn't and for more than permission bits.
    package init(_ access: FileAccess) throws(StoreError) {
        guard access.mode & ~0o777 == 0 else {
            throw StoreError(
                operation: "set mode",
                path: "0" + String(access.mode, radix: 8),
                cause: "has bits beside the nine permission bits",
                hint: "use a mode such as 0600 or 0640",
                isAccessProblem: true
            )
        }
        mode = mode_t(access.mode)
        owner = if let name = access.owner { try Account.user(name) } else { geteuid() }
        group = if let name = access.group { try Account.group(name) } else { getegid() }
        var readers = AccessList.Readers()
        for grant in access.acls {
            if let user = grant.user { readers.users.insert(try Account.user(user)) }
            if let group = grant.group { readers.groups.insert(try Account.group(group)) }
        }
        self.readers = readers
    }

    /// The permission bits that a file of this kind is given.
    func mode(isSecret: Bool) -> mode_t { isSecret ? mode : mode | 0o444 }

    /// The ACL that a file of this kind is given; nil where the permission bits say it all.
    func list(isSecret: Bool) -> AccessList? {
        guard isSecret, !readers.isEmpty else { return nil }
        return AccessList(mode: mode, readers: readers)
    }

    /// Gives an open, still private file its owner, group, ACL and mode, in the order that never
    /// lets anyone read who may not.
    ///
    /// The file is 0600 and ours. The owner comes first, since a mode that is meant for one group
    /// must not be on the file while it has another; the ACL before the mode, since with an ACL
    /// the group bits of the mode are its mask.
    func apply(to file: CInt, isSecret: Bool, at path: FilePath) throws(StoreError) {
        guard fchown(file, owner, group) == 0 else {
            throw StoreError(
                operation: "change owner of",
                path: path.string,
                cause: Errno(rawValue: errno).description,
                hint: "only root, or a process with CAP_CHOWN, can give files to \(owner):\(group)",
                isAccessProblem: true
            )
        }
        do throws(Errno) {
            // A directory's default ACL is inherited, and the coming chmod would bring it to life.
            try LinuxCalls.removeAttribute(AccessList.attribute, of: file)
            if let list = list(isSecret: isSecret) {
                try LinuxCalls.setAttribute(AccessList.attribute, to: list.encoded, of: file)
            } else if fchmod(file, mode(isSecret: isSecret)) != 0 {
                throw Errno(rawValue: errno)
            }
        } catch {
            throw Self.failure(error, at: path)
        }
        let facts = try Directory.facts(of: file, at: path)
        guard try isInForce(on: file, facts, isSecret: isSecret, at: path) else {
            throw StoreError(
                operation: "set access of",
                path: path.string,
                cause: "the filesystem does not keep owners and permissions",
                hint: "keep certificates on a local filesystem such as ext4 or xfs",
                isAccessProblem: true
            )
        }
    }

    /// Whether an open file, of which `facts` are known, has exactly this owner, group, mode and ACL.
    func isInForce(
        on file: CInt,
        _ facts: stat,
        isSecret: Bool,
        at path: FilePath
    ) throws(StoreError) -> Bool {
        let found: [UInt8]?
        do {
            found = try LinuxCalls.attribute(AccessList.attribute, of: file)
        } catch {
            throw StoreError("read the ACL of", path, error)
        }
        let list = list(isSecret: isSecret)
        return facts.st_uid == owner && facts.st_gid == group && found == list?.encoded
            && facts.st_mode & 0o7777 == list?.mode ?? mode(isSecret: isSecret)
    }

    /// Says of a failed ACL or chmod what the operator needs to know.
    private static func failure(_ error: Errno, at path: FilePath) -> StoreError {
        let isUnsupported = error == .notSupported || error == .notSupportedOnSocket
        return StoreError(
            operation: "set access of",
            path: path.string,
            cause: isUnsupported
                ? "the filesystem has no POSIX ACLs" : error.description,
            hint: isUnsupported
                ? "mount it with acl, or use owner, group and mode instead of acls" : nil,
            isAccessProblem: true
        )
    }
}
