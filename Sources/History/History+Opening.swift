import Foundation
import GRDB
import Glibc

extension History {
    /// Opens the history for writing, and makes it where there is none.
    ///
    /// A new file is 0640, and root:adm for root where there is that group. A file from an earlier
    /// kvagent is brought up to date; one from a later kvagent is refused untouched, and so is a
    /// damaged one.
    package static func open(
        at path: String,
        digest: LedgerDigest
    ) throws(HistoryError) -> History {
        do {
            let file = DatabaseFile(path: path)
            return try file.whileLocked { try openLocked(file, digest) }
        } catch {
            throw HistoryError(error, operation: opening, path: path)
        }
    }

    /// As `open(at:digest:)`, but a damaged file is given another name and a new one begun.
    ///
    /// Only what is proven damaged is: one that a later kvagent wrote, that may not be read, or
    /// that lies on a full disk, is refused as ever.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - now: The time, for the damaged file's new name.
    ///   - digest: SHA-256.
    ///   - opened: The history as it was opened before; where that proved damaged in use and the
    ///     file is still the same, it is not looked at again.
    /// - Returns: The history, and where the damaged file is now, nil where none was.
    /// - Throws: What keeps the file from being opened or set aside.
    package static func openSettingAsideDamage(
        at path: String,
        now: Date,
        digest: LedgerDigest,
        after opened: History? = nil
    ) throws(HistoryError) -> (History, setAside: String?) {
        do {
            let file = DatabaseFile(path: path)
            return try file.whileLocked {
                do {
                    if let opened, opened.isDamaged, opened.isInPlace {
                        throw DatabaseError(resultCode: .SQLITE_CORRUPT)
                    }
                    return (try openLocked(file, digest), nil)
                } catch {
                    let error = HistoryError(error, operation: opening, path: path)
                    guard error.kind == .damaged else { throw error }
                    let setAside = try file.setAside(as: "damaged", now: now)
                    return (try openLocked(file, digest), setAside)
                }
            }
        } catch {
            throw HistoryError(error, operation: opening, path: path)
        }
    }

    /// Opens the history for reading alone, beside a daemon that writes or without one.
    ///
    /// It changes nothing on disk, brings nothing up to date, and needs no right to write.
    ///
    /// - Returns: nil when there is no database yet, or nothing in it.
    package static func openForReading(at path: String) throws(HistoryError) -> History? {
        let database = ReadOnlyDatabase(path: path)
        do {
            guard try DatabaseFile(path: path).exists() else { return nil }
            var standing = try database.read(Schema.standing(of:))
            // One that has some of the steps is mostly one that another process is making just now.
            for _ in 0..<looksAtOlder where standing == .older {
                usleep(50_000)
                standing = try database.read(Schema.standing(of:))
            }
            switch standing {
            case .empty: return nil
            case .older: throw older(path)
            case .newer(let migration): throw newer(path, migration)
            case .current: return History(path: path, connection: .reader(database))
            }
        } catch {
            throw HistoryError(error, operation: opening, path: path)
        }
    }

    /// Together 2 s, many times what all the steps take on an empty database.
    private static let looksAtOlder = 40

    private static let opening = "open history"

    /// 64 MiB: some 60,000 deployments.
    private static let examinedWhole: off_t = 64 << 20

    /// Creates, examines, and only then touches the database.
    private static func openLocked(
        _ file: DatabaseFile,
        _ digest: LedgerDigest
    ) throws -> History {
        try file.createIfMissing()
        try file.checkWritable()
        try examine(file)
        let pool = try DatabasePool(path: file.path, configuration: .writing(digest))
        // After the pool is there: opening it, GRDB sets NORMAL, which after a power loss may
        // have forgotten the last transactions.
        try pool.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA synchronous = FULL")
        }
        try Schema.migrator.migrate(pool)
        return History(path: file.path, connection: .pool(pool))
    }

    /// Looks for damage, and for the steps of a later kvagent, without a trace: what is refused is
    /// kept as it was found, its -wal with it.
    private static func examine(_ file: DatabaseFile) throws {
        guard file.hasJournal else {
            _ = try ReadOnlyDatabase(path: file.path).read { try examine($0, path: file.path) }
            return
        }
        // A journal waits where the very first opening was cut off, before there was a -wal. It
        // takes a connection that may write to play it back.
        var configuration = Configuration.reading
        configuration.readonly = false
        let queue = try DatabaseQueue(path: file.path, configuration: configuration)
        _ = try queue.read { try examine($0, path: file.path) }
    }

    /// Looks for damage, and for the steps of a later kvagent.
    ///
    /// A file of at most ``examinedWhole`` bytes is read through, some 100 ms. A longer one would
    /// keep every command waiting for seconds; its damage shows in use, and is dealt with then.
    static func examine(
        _ db: Database,
        path: String,
        isWhole: Bool = false
    ) throws -> Schema.Standing {
        let size = DatabaseFile(path: path).state()?.size ?? 0
        if isWhole || size <= examinedWhole {
            guard try String.fetchOne(db, sql: "PRAGMA quick_check(1)") == "ok" else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT)
            }
        }
        let standing = try Schema.standing(of: db)
        if case .newer(let migration) = standing { throw newer(path, migration) }
        return standing
    }

    private static func newer(_ path: String, _ migration: String) -> HistoryError {
        HistoryError(
            kind: .newerSchema,
            operation: opening,
            path: path,
            cause: "it has \(migration), which this kvagent does not know"
        )
    }

    private static func older(_ path: String) -> HistoryError {
        HistoryError(
            kind: .olderSchema,
            operation: opening,
            path: path,
            cause: "it is from an earlier kvagent"
        )
    }
}
