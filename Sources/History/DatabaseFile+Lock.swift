import Glibc

extension DatabaseFile {
    /// Lets one process at a time create, migrate or set aside the database.
    ///
    /// SQLite's own locks guard transactions, not these: two processes that find the same damaged
    /// file would each rename what is there, the second one the first one's new database.
    ///
    /// The lock is on a file of its own that is 0600: flock(2) asks for no right to write, so on the
    /// directory any user who may look into it could keep kvagent from ever opening its history.
    /// The kernel drops it with its holder; the file stays.
    ///
    /// - Throws: What `body` throws, or `FileError` when the lock isn't free within 10 seconds.
    func whileLocked<Value>(_ body: () throws -> Value) throws -> Value {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
        let file = unsafe open(lock, flags, 0o600)
        guard file >= 0 else { throw FileError("open \(lock)", errno) }
        defer { close(file) }
        var waits = 0
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, waits < 500 else {
                throw FileError("lock", errno)
            }
            waits += 1
            usleep(20_000)
        }
        return try body()
    }

    /// `history.lock` beside `history.db`.
    private var lock: String {
        (path.hasSuffix(".db") ? String(path.dropLast(3)) : path) + ".lock"
    }
}
