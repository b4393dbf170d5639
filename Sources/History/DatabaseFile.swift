import Foundation
import GRDB
import Glibc

/// The database's file and those beside it, as the file system has them.
///
/// Nothing here opens an existing database file: POSIX drops all of a process's locks on a file
/// when any descriptor of it is closed, so that would take away those of SQLite.
/// (https://www.sqlite.org/howtocorrupt.html, 2.2)
struct DatabaseFile {
    let path: String

    private var wal: String { path + "-wal" }
    private var shm: String { path + "-shm" }

    /// Makes the file, empty, with the mode it keeps; one that is there stays as it is.
    ///
    /// SQLite would make it 0644 less the umask. The -wal and -shm files take over mode and owner.
    func createIfMissing() throws(FileError) {
        let flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW
        let file = unsafe Glibc.open(path, flags, 0o640)
        guard file >= 0 else {
            if errno == EEXIST { return }
            throw FileError("create", errno)
        }
        defer { close(file) }
        // The umask may have taken the group's bit.
        guard fchmod(file, 0o640) == 0 else { throw FileError("set the mode", errno) }
        try giveToReaders()
    }

    /// Lets the group adm read the file, where there is one and we are root.
    func giveToReaders() throws(FileError) {
        guard geteuid() == 0, let group = Self.groupID(named: "adm") else { return }
        guard unsafe lchown(path, 0, group) == 0 else { throw FileError("set the group", errno) }
    }

    /// Whether this process may write to it; SQLite would open it read-only without a word.
    func checkWritable() throws(FileError) {
        guard unsafe access(path, R_OK | W_OK) == 0 else { throw FileError("write", errno) }
    }

    /// Whether there is such a file.
    ///
    /// - Throws: When that can't be told: a directory on the way may not be searched.
    func exists() throws(FileError) -> Bool {
        if unsafe access(path, F_OK) == 0 { return true }
        guard errno == ENOENT else { throw FileError("look for", errno) }
        return false
    }

    /// Whether a rollback journal waits, which only a connection that may write can play back.
    var hasJournal: Bool { unsafe access(path + "-journal", F_OK) == 0 }

    /// Gives the file and those beside it another name, with the time in it.
    ///
    /// The database goes first: killed between two renames, a -wal without its database is what
    /// SQLite throws away, while a database without its -wal is one that silently lost rows.
    ///
    /// - Parameters:
    ///   - what: What became of it, "damaged".
    ///   - now: The time.
    /// - Returns: The new path of the database.
    /// - Throws: When it can't be renamed.
    func setAside(as what: String, now: Date) throws(FileError) -> String {
        let time = Timestamp.text(now).filter { $0 != "-" && $0 != ":" }
        var name = "\(path).\(what)-\(time)"
        // Two in one millisecond, or a clock set back: the first must not be written over.
        while unsafe access(name, F_OK) == 0 { name += "+" }
        guard unsafe rename(path, name) == 0 else { throw FileError("set aside", errno) }
        for ending in ["-wal", "-shm", "-journal"] {
            guard unsafe rename(path + ending, name + ending) == 0 || errno == ENOENT else {
                throw FileError("set aside", errno)
            }
        }
        return name
    }

    /// Which file the path names now, whatever is in it; nil when there is none.
    func identity() -> Identity? {
        Self.facts(path).map { Identity(device: $0.st_dev, inode: $0.st_ino) }
    }

    /// What tells a file from every other one for as long as somebody has it open.
    struct Identity: Equatable {
        let device: dev_t
        let inode: ino_t
    }

    /// What distinguishes this state of the file from every other one; nil when it is not there.
    func state() -> State? {
        guard let file = Self.facts(path) else { return nil }
        return State(
            device: file.st_dev,
            inode: file.st_ino,
            size: file.st_size,
            modified: file.st_mtim.tv_sec,
            modifiedFraction: file.st_mtim.tv_nsec,
            hasChangesBeside: Self.facts(wal).map { $0.st_size > 0 } ?? false
        )
    }

    /// A state of the file, to be compared with another one.
    struct State: Equatable {
        let device: dev_t
        let inode: ino_t
        let size: off_t
        let modified: Int
        let modifiedFraction: Int
        /// Whether the -wal file holds anything: it must be read together with the database.
        let hasChangesBeside: Bool
    }

    /// Whether an error of SQLite's means that the disk is full.
    ///
    /// It says so only of the database: a -wal or -shm file that finds no room is an "I/O error" to it.
    func isOutOfRoom(_ error: DatabaseError) -> Bool {
        guard error.resultCode == .SQLITE_IOERR else { return false }
        var facts = statvfs()
        let directory = (path as NSString).deletingLastPathComponent
        guard unsafe statvfs(directory.isEmpty ? "." : directory, &facts) == 0 else { return false }
        // What SQLite begins a -shm file with.
        return facts.f_bavail * facts.f_bsize < 32_768
    }

    private static func facts(_ path: String) -> stat? {
        var facts = stat()
        return unsafe stat(path, &facts) == 0 ? facts : nil
    }

    private static func groupID(named name: String) -> gid_t? {
        var entry = unsafe Glibc.group()
        var found: UnsafeMutablePointer<group>?
        // Enough for a group of some thousand members; with less than it needs there is no group.
        var buffer = [CChar](repeating: 0, count: 65_536)
        let result = unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found)
        return unsafe result == 0 && found != nil ? entry.gr_gid : nil
    }
}

/// A system call that went wrong.
struct FileError: Error {
    let call: String
    let code: Int32

    init(_ call: String, _ code: Int32) {
        self.call = call
        self.code = code
    }
}
