import Foundation
import GRDB

extension History {
    /// Copies the history as it is at one moment into a file of its own, while others write.
    ///
    /// The file is a database that `restore(from:to:now:)` takes. It is 0640, and on the disk when
    /// this returns.
    ///
    /// - Parameters:
    ///   - file: Where the copy goes.
    ///   - isReplacing: Whether what is there already is to be replaced.
    /// - Throws: When it can't be read or written; `file` is then as it was.
    package func backUp(to file: String, isReplacing: Bool = false) throws(HistoryError) {
        let copy = try NewFile(at: file, for: Self.backingUp, isReplacing: isReplacing)
        let temporary = copy.temporary
        try read(Self.backingUp) { db in
            try Self.copy(db, to: temporary, for: Self.backingUp, as: file)
        }
        try copy.publish()
    }

    /// Puts the history that is in `file` in the place of the one at `path`, which is kept under
    /// another name.
    ///
    /// Processes that have the old one open find out by `isInPlace`. Killed in the midst, this
    /// leaves no history at `path` at worst, and both files as they were. A history from an earlier
    /// kvagent is brought up to date when it is next opened.
    ///
    /// - Parameters:
    ///   - file: A backup, or any other history that nobody writes to.
    ///   - path: The history's place.
    ///   - now: For the name of what was there.
    /// - Returns: Where what was at `path` is now; nil where nothing was.
    /// - Throws: When `file` is no whole history, or one from a later kvagent.
    package static func restore(
        from file: String,
        to path: String,
        now: Date
    ) throws(HistoryError) -> String? {
        do {
            let backup = DatabaseFile(path: file)
            guard try backup.exists() else { throw Refused(cause: "there is no such file") }
            if backup.identity() == DatabaseFile(path: path).identity() {
                throw Refused(cause: "it is the history that is in use")
            }
            return try DatabaseFile(path: path).whileLocked {
                let place = DatabaseFile(path: path)
                let copy = try NewFile(at: path, for: restoring, isReplacing: true)
                let temporary = copy.temporary
                try ReadOnlyDatabase(path: file).read { db in
                    guard try examine(db, path: file, isWhole: true) != .empty else {
                        throw Refused(cause: "there is no history in it")
                    }
                    try Self.copy(db, to: temporary, for: restoring, as: path)
                }
                try DatabaseFile(path: temporary).giveToReaders()
                // Before, and not with, the rename of the new one: the old one's -wal must not be
                // left beside it.
                let setAside = try place.exists() ? place.setAside(as: "replaced", now: now) : nil
                try copy.publish()
                return setAside
            }
        } catch {
            let error = HistoryError(error, operation: restoring, path: file)
            guard error.kind == .damaged || error.kind == .newerSchema else { throw error }
            // The hints that other errors have would send the reader after the wrong file.
            throw HistoryError(
                kind: error.kind,
                operation: restoring,
                path: file,
                cause: error.cause,
                hint: error.kind == .damaged
                    ? "restore another backup; the history in use is as it was" : error.hint
            )
        }
    }

    private static let backingUp = "back up history"
    private static let restoring = "restore history"

    /// Copies the database that `db` reads into an empty file.
    private static func copy(
        _ db: Database,
        to temporary: String,
        for operation: String,
        as path: String
    ) throws {
        let queue = try DatabaseQueue(path: temporary)
        do {
            try queue.writeWithoutTransaction { try db.backup(to: $0) }
            try queue.close()
        } catch {
            // The one with the space is the one being written.
            let error = HistoryError(error, operation: operation, path: path)
            throw error
        }
    }
}
