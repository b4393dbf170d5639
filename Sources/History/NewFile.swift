import Glibc

/// A file that is made beside its place and then takes it, whole and on the disk, or not at all.
package struct NewFile: ~Copyable {
    /// Where it will be.
    package let path: String

    /// Where it is until then; it may be written to, and is empty at first.
    package let temporary: String

    private let operation: String
    private let isReplacing: Bool

    /// Makes the temporary file, 0640 whatever the umask.
    ///
    /// - Parameters:
    ///   - path: Where the file goes.
    ///   - operation: What it is for, as a verb, for errors.
    ///   - isReplacing: Whether what is there already is to be replaced.
    /// - Throws: When there is a file already, or none can be made there.
    package init(
        at path: String,
        for operation: String,
        isReplacing: Bool = false
    ) throws(HistoryError) {
        self.path = path
        self.operation = operation
        self.isReplacing = isReplacing
        temporary = "\(path).new-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
        var facts = stat()
        if !isReplacing, unsafe lstat(path, &facts) == 0 {
            throw Self.isThere(path, operation)
        }
        let flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW
        let file = unsafe open(temporary, flags, 0o600)
        guard file >= 0 else { throw failure("create") }
        defer { close(file) }
        guard fchmod(file, 0o640) == 0 else { throw failure("set the mode") }
    }

    deinit {
        // There are none of them after `publish()`, nor in most other cases.
        for ending in ["", "-journal", "-wal", "-shm"] { unsafe unlink(temporary + ending) }
    }

    /// Gives the file its name; when this returns it is there after a power loss, too.
    ///
    /// - Throws: When that can't be done; what was in its place is then as it was.
    package consuming func publish() throws(HistoryError) {
        try flush(temporary, O_WRONLY)
        if isReplacing {
            guard unsafe rename(temporary, path) == 0 else { throw failure("rename") }
        } else {
            // Unlike a rename, a link never takes the place of a file that came in between.
            guard unsafe link(temporary, path) == 0 else {
                if errno == EEXIST { throw Self.isThere(path, operation) }
                throw failure("rename")
            }
        }
        let end = path.lastIndex(of: "/")
        try flush(end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? ".", O_RDONLY)
    }

    private func flush(_ path: String, _ flags: CInt) throws(HistoryError) {
        let file = unsafe open(path, flags | O_CLOEXEC)
        guard file >= 0 else { throw failure("open") }
        defer { close(file) }
        while fsync(file) != 0 {
            // fsync(2): EINVAL is a file system that can't flush a directory.
            if errno == EINVAL { return }
            if errno != EINTR { throw failure("flush") }
        }
    }

    private func failure(_ call: String) -> HistoryError {
        HistoryError(FileError(call, errno), operation: operation, path: path)
    }

    private static func isThere(_ path: String, _ operation: String) -> HistoryError {
        HistoryError(
            kind: .other,
            operation: operation,
            path: path,
            cause: "it is there already",
            hint: "name another file, or replace it with --force"
        )
    }
}
