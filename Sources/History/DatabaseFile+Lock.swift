import Glibc

extension DatabaseFile {
    /// Lets one process at a time create, migrate or set aside the database.
    ///
    /// SQLite's own locks guard transactions, not these: two processes that find the same damaged
    /// file would each rename what is there, the second one the first one's new database. The lock
    /// is on the directory, so no file is left behind, and the kernel drops it with its holder.
    ///
    /// - Throws: What `body` throws, or `FileError` when the lock isn't free within 10 seconds.
    func whileLocked<Value>(_ body: () throws -> Value) throws -> Value {
        let directory = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileError("open the directory", errno) }
        defer { close(directory) }
        var waits = 0
        while flock(directory, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR, waits < 500 else {
                throw FileError("lock", errno)
            }
            waits += 1
            usleep(20_000)
        }
        return try body()
    }

    private var directory: String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }
}
