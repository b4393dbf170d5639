import Glibc
import SystemPackage

/// Proves that nobody but root, or the agent's own user, can change what a path leads to.
///
/// What a hook does, it does as root. So the file must not be writable by anybody else, and nor may
/// any directory on the way to it, for whoever can rename a directory can put another in its place.
/// Every symlink on the way is followed by the same rule. As OpenSSH's StrictModes and sudo.
///
/// A sticky directory such as `/tmp` may be passed through, but only to a directory of root's or
/// our own: nobody else can rename or remove that one. A file there is another matter, since
/// anybody may make a hard link in it to a program of root's that was never meant as a hook.
enum TrustedPath {
    /// What must be at the path's end.
    enum Kind { case directory, program }

    /// Why a path is not trusted.
    struct Failure: Error, Equatable {
        /// The finding and the mend, without the path that was asked about.
        let reason: String

        static let missing = Failure(reason: "is not there")
    }

    /// A chain of symlinks as long as the kernel's own limit (path_resolution(7)).
    private static let mostLinks = 40

    /// Walks the path from the root of the filesystem.
    static func check(_ path: FilePath, expecting kind: Kind) throws(Failure) {
        guard path.isAbsolute else {
            throw Failure(reason: "is not an absolute path")
        }
        var walked: FilePath = "/"
        try checkDirectory(walked, of: path, leadsTo: nil)
        var rest = Array(path.components.map(\.string).reversed())
        var links = 0
        while let name = rest.popLast() {
            if name == "." { continue }
            if name == ".." {
                walked.removeLastComponent()
                continue
            }
            let next = walked.appending(name)
            let facts = try look(at: next)
            switch facts.st_mode & S_IFMT {
            case S_IFLNK:
                links += 1
                guard links <= mostLinks else {
                    throw Failure(reason: "leads through too many symlinks")
                }
                try checkOwner(facts, next, of: path)
                let target = try target(of: next)
                if target.isAbsolute { walked = "/" }
                rest += target.components.map(\.string).reversed()
            case S_IFDIR:
                try checkDirectory(next, of: path, leadsTo: rest.last)
                walked = next
            default:
                guard rest.isEmpty, kind == .program else {
                    throw Failure(reason: "is not a directory")
                }
                try checkProgram(next, facts, of: path)
                return
            }
        }
        guard kind == .directory else { throw Failure(reason: "is a directory, not a program") }
    }

    /// Throws unless nobody but root, or our own user, can put something else on the path here.
    ///
    /// - Parameters:
    ///   - directory: The directory.
    ///   - path: The path that is checked, for the message.
    ///   - next: The name in it that the path goes on with; nil where it ends.
    /// - Throws: What is wrong with it.
    private static func checkDirectory(
        _ directory: FilePath,
        of path: FilePath,
        leadsTo next: String?
    ) throws(Failure) {
        let facts = try look(at: directory)
        try checkOwner(facts, directory, of: path)
        guard facts.st_mode & 0o022 != 0 else { return }
        if facts.st_mode & S_ISVTX != 0, let next,
            try look(at: directory.appending(next)).st_mode & S_IFMT == S_IFDIR
        {
            return
        }
        let place = directory == path ? "is" : "lies below \(directory), which is"
        throw Failure(
            reason: "\(place) writable by others (mode \(octal(facts.st_mode))); "
                + "run chmod go-w \(directory)"
        )
    }

    private static func checkProgram(
        _ file: FilePath,
        _ facts: stat,
        of path: FilePath
    ) throws(Failure) {
        guard facts.st_mode & S_IFMT == S_IFREG else {
            throw Failure(reason: "is not a regular file")
        }
        try checkOwner(facts, file, of: path)
        guard facts.st_mode & 0o022 == 0 else {
            let place = file == path ? "is" : "leads to \(file), which is"
            throw Failure(
                reason: "\(place) writable by others (mode \(octal(facts.st_mode))); "
                    + "run chmod go-w \(file)"
            )
        }
        guard unsafe faccessat(AT_FDCWD, file.string, X_OK, AT_EACCESS) == 0 else {
            let isMarked = facts.st_mode & 0o111 != 0
            throw Failure(
                reason: isMarked
                    ? "is not executable by the agent's user, or its filesystem is mounted noexec"
                    : "is not executable; run chmod +x on it, or remove it"
            )
        }
    }

    private static func checkOwner(_ facts: stat, _ entry: FilePath, of path: FilePath)
        throws(Failure)
    {
        guard facts.st_uid != 0 && facts.st_uid != geteuid() else { return }
        let place = entry == path ? "belongs" : "depends on \(entry), which belongs"
        let owner = geteuid() == 0 ? "root" : "root or the agent's user"
        throw Failure(
            reason: "\(place) to user \(facts.st_uid) and not to \(owner); "
                + "run chown root \(entry) once you have read what is there"
        )
    }

    private static func look(at path: FilePath) throws(Failure) -> stat {
        var facts = stat()
        guard unsafe lstat(path.string, &facts) == 0 else {
            if errno == ENOENT { throw .missing }
            throw Failure(reason: "\(path): \(Errno(rawValue: errno))")
        }
        return facts
    }

    private static func target(of link: FilePath) throws(Failure) -> FilePath {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink(link.string, &buffer, buffer.count)
        guard count > 0 else { throw Failure(reason: "\(link): \(Errno(rawValue: errno))") }
        return FilePath(
            String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
        )
    }

    private static func octal(_ mode: mode_t) -> String {
        "0" + String(mode & 0o7777, radix: 8)
    }
}
