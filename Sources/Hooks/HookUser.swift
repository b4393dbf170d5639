import Glibc

/// The user that a hook runs as.
struct HookUser {
    /// Becomes a user and then the command, in the same process; of util-linux.
    ///
    /// Not by Subprocess's own options: those change the user between fork and exec with calls that
    /// may wait for a lock which another thread held at the fork.
    static let changer = "/usr/bin/setpriv"

    let name: String
    let number: uid_t
    let group: gid_t
    let home: String

    /// - Throws: ``Unknown`` where the machine has no such user.
    init(_ name: String) throws(Unknown) {
        var size = 4096
        while true {
            var buffer = [CChar](repeating: 0, count: size)
            var entry = unsafe passwd()
            var match: UnsafeMutablePointer<passwd>?
            let failure = unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &match)
            if failure == ERANGE, size < 1 << 24 {
                size *= 4
                continue
            }
            if failure == EINTR { continue }
            guard unsafe match != nil else { throw Unknown(name: name) }
            self.name = name
            number = unsafe entry.pw_uid
            group = unsafe entry.pw_gid
            home = unsafe entry.pw_dir.map { unsafe String(cString: $0) } ?? "/"
            return
        }
    }

    struct Unknown: Error, CustomStringConvertible {
        let name: String
        var description: String { "there is no user \(name); create it, or correct the settings" }
    }

    var isOurs: Bool { number == geteuid() }

    /// What it is told of itself, as login(1) does.
    var environment: [String: String] { ["HOME": home, "USER": name, "LOGNAME": name] }

    /// Why a child of ours can't become it; nil when it can be tried.
    var obstacle: String? {
        if isOurs { return nil }
        guard geteuid() == 0 else { return "only root can run a hook as \(name)" }
        guard unsafe access(Self.changer, X_OK) == 0 else {
            return "running a hook as \(name) needs \(Self.changer) (package util-linux)"
        }
        return nil
    }

    /// A command that runs another one as the user, with the user's groups.
    func command(_ command: [String]) -> [String] {
        guard !isOurs else { return command }
        return [
            Self.changer, "--reuid=\(number)", "--regid=\(group)", "--init-groups", "--",
        ] + command
    }
}
