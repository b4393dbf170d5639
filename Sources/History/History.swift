import GRDB
import Locking

/// All that kvagent remembers: which versions there were, what became of each, what is owed.
///
/// One SQLite file that the daemon, the commands and any number of readers share. Every call is
/// one transaction: after a crash at any point it has happened or it has not, and what has been
/// returned from is on the disk (`synchronous=FULL`). Calls block, for a write as long as another
/// process writes; they may come from any thread.
///
/// Certificates must have been registered before anything is recorded of them.
package final class History: Sendable {
    /// The file.
    package let path: String

    private let connection: Connection

    /// The file that was opened, and that SQLite goes on with whatever becomes of its name.
    let identity: DatabaseFile.Identity?

    /// Whether something in it could not be read as what kvagent writes.
    private let damage = Locked(false)

    /// How the file is held open.
    enum Connection: Sendable {
        /// One connection that writes and one that reads beside it.
        case pool(DatabasePool)
        /// One that cannot write.
        case reader(ReadOnlyDatabase)
    }

    init(path: String, connection: Connection) {
        self.path = path
        self.connection = connection
        identity = DatabaseFile(path: path).identity()
    }

    /// Whether the path still names the file that was opened.
    ///
    /// When it was deleted, moved away or set aside, what is written would be seen by nobody and
    /// gone at the end of this process: it has to be opened anew.
    package var isInPlace: Bool {
        guard let identity else { return false }
        return DatabaseFile(path: path).identity() == identity
    }

    /// Whether it proved damaged in use.
    ///
    /// It stays so: what else is wrong with it, nobody knows.
    package var isDamaged: Bool { damage.withLock { $0 } }

    /// An error told in our words; one that proves damage is remembered.
    private func failure(_ error: any Error, _ operation: String) -> HistoryError {
        let failure = HistoryError(error, operation: operation, path: path)
        if failure.kind == .damaged { damage.withLock { $0 = true } }
        return failure
    }

    /// - Throws: When the path no longer names the file that was opened.
    package func checkInPlace() throws(HistoryError) {
        guard isInPlace else {
            throw HistoryError(
                kind: .other,
                operation: "use history",
                path: path,
                cause: "the file was deleted or replaced while it was open",
                hint: "try again: it is opened anew"
            )
        }
    }

    /// Runs `body` on one consistent state of the database.
    ///
    /// - Throws: What `body` throws, told as `operation` on this file.
    func read<Value>(
        _ operation: String,
        _ body: (Database) throws -> Value
    ) throws(HistoryError) -> Value {
        do {
            switch connection {
            case .pool(let pool): return try pool.read(body)
            case .reader(let database): return try database.read(body)
            }
        } catch {
            throw failure(error, operation)
        }
    }

    /// As `read(_:_:)`, but `body` is never run twice, so it may pass on what it reads.
    func readOnce<Value>(
        _ operation: String,
        _ body: (Database) throws -> Value
    ) throws(HistoryError) -> Value {
        guard case .reader(let database) = connection else { return try read(operation, body) }
        do {
            return try database.readOnce(body)
        } catch {
            throw failure(error, operation)
        }
    }

    /// Runs `body` in a transaction that is on the disk when this returns, or has left no trace.
    ///
    /// The transaction is IMMEDIATE (GRDB's choice for writes): it waits for other writers when
    /// it begins, where waiting is possible, and not after its first read, where it is not.
    func write<Value>(
        _ operation: String,
        _ body: (Database) throws -> Value
    ) throws(HistoryError) -> Value {
        guard case .pool(let pool) = connection else {
            let cause = "it was opened for reading only"
            throw HistoryError(
                kind: .readOnly,
                operation: operation,
                path: path,
                cause: cause,
                hint: nil
            )
        }
        do {
            return try pool.write(body)
        } catch {
            throw failure(error, operation)
        }
    }
}
