import Glibc
import SystemPackage

/// Looks names of users and groups up, through whatever the host's nsswitch.conf asks.
enum Account {
    /// The number of a user; a name of digits that no user bears is the number itself, as chown(1) does.
    static func user(_ name: String) throws(StoreError) -> uid_t {
        unsafe try lookUp("user", name) { buffer, size in
            var entry = unsafe passwd()
            var match: UnsafeMutablePointer<passwd>?
            let failure = unsafe getpwnam_r(name, &entry, buffer, size, &match)
            return (failure, unsafe match == nil ? nil : unsafe entry.pw_uid)
        }
    }

    /// The number of a group, under the same rule.
    static func group(_ name: String) throws(StoreError) -> gid_t {
        unsafe try lookUp("group", name) { buffer, size in
            var entry = unsafe Glibc.group()
            var match: UnsafeMutablePointer<Glibc.group>?
            let failure = unsafe getgrnam_r(name, &entry, buffer, size, &match)
            return (failure, unsafe match == nil ? nil : unsafe entry.gr_gid)
        }
    }

    /// The name of a user, or the number itself where none bears it.
    static func name(ofUser user: uid_t) -> String {
        unsafe name { buffer, size in
            var entry = unsafe passwd()
            var match: UnsafeMutablePointer<passwd>?
            let failure = unsafe getpwuid_r(user, &entry, buffer, size, &match)
            return (failure, unsafe match.map { unsafe String(cString: $0.pointee.pw_name) })
        } ?? "\(user)"
    }

    /// The name of a group, under the same rule.
    static func name(ofGroup group: gid_t) -> String {
        unsafe name { buffer, size in
            var entry = unsafe Glibc.group()
            var match: UnsafeMutablePointer<Glibc.group>?
            let failure = unsafe getgrgid_r(group, &entry, buffer, size, &match)
            return (failure, unsafe match.map { unsafe String(cString: $0.pointee.gr_name) })
        } ?? "\(group)"
    }

    /// Calls `search` with a buffer that grows until the answer fits; nil where there is none.
    private static func name(
        _ search: (UnsafeMutablePointer<CChar>, Int) -> (failure: CInt, name: String?)
    ) -> String? {
        var size = 4096
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { unsafe buffer.deallocate() }
            let (failure, name) = unsafe search(buffer, size)
            if failure == EINTR { continue }
            guard failure == ERANGE, size < 1 << 24 else { return name }
            size *= 4
        }
    }

    /// Calls `search` with a buffer that grows until the answer fits; a group can have thousands of members.
    private static func lookUp(
        _ kind: String,
        _ name: String,
        _ search: (UnsafeMutablePointer<CChar>, Int) -> (failure: CInt, id: UInt32?)
    ) throws(StoreError) -> UInt32 {
        var size = 4096
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { unsafe buffer.deallocate() }
            let (failure, id) = unsafe search(buffer, size)
            if failure == ERANGE, size < 1 << 24 {
                size *= 4
                continue
            }
            if failure == EINTR { continue }
            if let id { return id }
            if let number = UInt32(name), number != .max { return number }
            // getpwnam(3): "not found" is 0, ENOENT, ESRCH, EBADF, EPERM, … depending on the source.
            let isAbsent = [0, ENOENT, ESRCH, EBADF, EPERM].contains(failure)
            throw StoreError(
                operation: "look up \(kind)",
                path: name,
                cause: isAbsent ? "no such \(kind)" : Errno(rawValue: failure).description,
                hint: isAbsent ? "create the \(kind), or correct the settings" : nil,
                isAccessProblem: true
            )
        }
    }
}
