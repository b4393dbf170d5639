import Glibc
import SystemPackage

/// An open directory, and the path by which messages call it.
///
/// All work below it goes through its descriptor and never follows a symlink, so that nobody can
/// lead a write elsewhere by swapping a name between two calls.
struct Directory: ~Copyable {
    let descriptor: CInt
    let path: FilePath

    deinit {
        // Nothing is written through a directory's descriptor, so its closing can lose nothing.
        _ = close(descriptor)
    }

    private init(descriptor: CInt, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Opens the store's root, whose own path the operator may lead through symlinks.
    ///
    /// With `isOurs` nobody else may be able to swap names in it; only where nothing of ours is
    /// kept may it be otherwise.
    static func open(_ path: FilePath, isOurs: Bool = true) throws(StoreError) -> Directory {
        let descriptor = unsafe Glibc.open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError("open", path, Errno(rawValue: errno)) }
        let directory = Directory(descriptor: descriptor, path: path)
        if isOurs { try directory.refuseForeign(writableBy: 0o002) }
        return directory
    }

    /// Opens a directory in this one; a symlink is an error.
    ///
    /// With `isOurs` it must belong to us and be writable by nobody else; only what is about to be
    /// deleted may be otherwise.
    func open(_ name: String, isOurs: Bool = true) throws(StoreError) -> Directory {
        guard let directory = try openIfPresent(name, isOurs: isOurs) else {
            throw StoreError("open", path.appending(name), .noSuchFileOrDirectory)
        }
        return directory
    }

    /// As `open(_:isOurs:)`, but nil where there is nothing of this name.
    func openIfPresent(_ name: String, isOurs: Bool = true) throws(StoreError) -> Directory? {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let opened = unsafe openat(descriptor, name, flags)
        guard opened >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError("open", path.appending(name), Errno(rawValue: errno))
        }
        let directory = Directory(descriptor: opened, path: path.appending(name))
        if isOurs { try directory.refuseForeign(writableBy: 0o022) }
        return directory
    }

    /// Opens a directory in this one after making it, 0755, where it is missing.
    func make(_ name: String) throws(StoreError) -> Directory {
        if let directory = try openIfPresent(name) { return directory }
        let directory = try create(name, mode: 0o755)
        try sync()
        return directory
    }

    /// Makes a directory that is not there yet; its mode does not depend on the umask.
    func create(_ name: String, mode: mode_t) throws(StoreError) -> Directory {
        // Never more than what is asked for, not even before the umask has been put right.
        guard unsafe mkdirat(descriptor, name, mode & 0o700) == 0 else {
            throw StoreError("make directory", path.appending(name), Errno(rawValue: errno))
        }
        let directory = try open(name)
        try directory.setMode(mode)
        return directory
    }

    /// Sets the directory's own permission bits.
    func setMode(_ mode: mode_t) throws(StoreError) {
        guard fchmod(descriptor, mode) == 0 else {
            throw StoreError("set mode of", path, Errno(rawValue: errno))
        }
    }

    /// Refuses a directory in which somebody else could swap names under our hands.
    private func refuseForeign(writableBy others: mode_t) throws(StoreError) {
        let facts = try Self.facts(of: descriptor, at: path)
        let cause =
            if facts.st_uid != geteuid() && facts.st_uid != 0 {
                "belongs to user \(facts.st_uid)"
            } else if facts.st_mode & others != 0 {
                "is writable by others (mode 0\(String(facts.st_mode & 0o7777, radix: 8)))"
            } else {
                ""
            }
        guard !cause.isEmpty else { return }
        throw StoreError(
            operation: "use",
            path: path.string,
            cause: cause,
            hint:
                "give it to the agent's user with mode 0755: keys are only kept where nobody else can move them"
        )
    }

    /// The names in the directory, in no order, without `.` and `..`.
    func names() throws(StoreError) -> [String] {
        // A stream moves and closes its descriptor, so it gets one of its own.
        let own = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard own >= 0, let stream = unsafe fdopendir(own) else {
            let error = StoreError("list", path, Errno(rawValue: errno))
            if own >= 0 { _ = close(own) }
            throw error
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { field in
                unsafe String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw StoreError("list", path, Errno(rawValue: errno)) }
        return names
    }

    /// Writes the directory's entries to the disk: until then a rename may be undone by a crash.
    func sync() throws(StoreError) {
        while fsync(descriptor) != 0 {
            if errno == EINTR { continue }
            // fsync(2): EINVAL is a filesystem that cannot, not one that has lost something.
            if errno == EINVAL { return }
            throw StoreError("flush", path, Errno(rawValue: errno))
        }
    }
}
