import GRDB
import Locking

/// A database read without leaving a trace, whether or not another process writes to it.
///
/// To read a database in WAL mode, SQLite makes a -wal and a -shm file beside it. A user who may
/// only read cannot, and root would leave them behind. But while nobody has it open there is no
/// -wal, and all there is stands in the one file, which `immutable=1` reads without locks or
/// files (https://www.sqlite.org/wal.html, "Read-Only Databases"). That is right only as long as
/// nobody writes, so the file must look the same before and after; else the answer is thrown
/// away. Where there is a -wal, this is an ordinary reader.
final class ReadOnlyDatabase: Sendable {
    private let path: String
    private let connection = Locked<Connection?>(nil)

    private enum Connection {
        /// One that is right as long as the file is in that state.
        case still(DatabaseQueue, DatabaseFile.State)
        /// One that is right whatever happens; it keeps the -wal from being removed.
        case shared(DatabaseQueue)
    }

    init(path: String) {
        self.path = path
    }

    /// Runs `body` on one consistent state; more than once where a writer comes or goes meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        // Twice would do, since there is a -wal as long as the writer lives, but for one that
        // comes and goes again within our call.
        try read(attempts: 5, body)
    }

    /// As `read(_:)`, but never runs `body` twice: an error instead where a writer comes or goes.
    func readOnce<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try read(attempts: 1, body)
    }

    private func read<Value>(
        attempts: Int,
        _ body: (Database) throws -> Value
    ) throws -> Value {
        var failure: any Error = Refused(cause: "another process began to write meanwhile")
        for _ in 0..<attempts {
            if let queue = sharedConnection() { return try queue.read(body) }
            guard let state = DatabaseFile(path: path).state() else {
                throw Refused(cause: "the file is gone")
            }
            do {
                switch try connect(to: state) {
                case .shared(let queue): return try queue.read(body)
                case .still(let queue, _):
                    let answer = try queue.read(body)
                    if DatabaseFile(path: path).state() == state { return answer }
                }
            } catch {
                // Whether torn pages or a -wal that went before it was opened: only what goes
                // wrong with an unchanged file is wrong with the file.
                guard DatabaseFile(path: path).state() != state else { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func sharedConnection() -> DatabaseQueue? {
        connection.withLock { connection in
            guard case .shared(let queue) = connection else { return nil }
            return queue
        }
    }

    /// The connection that is right for the file in that state.
    private func connect(to state: DatabaseFile.State) throws -> Connection {
        try connection.withLock { connection in
            if let connection, case .still(_, state) = connection { return connection }
            let new: Connection =
                if state.hasChangesBeside {
                    .shared(try DatabaseQueue(path: path, configuration: .reading))
                } else {
                    .still(
                        try DatabaseQueue(path: immutableURI, configuration: .reading),
                        state
                    )
                }
            connection = new
            return new
        }
    }

    /// The file as a URI; SQLite takes those where it was built with SQLITE_USE_URI, as it is in
    /// Debian and its derivatives.
    private var immutableURI: String {
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/"
        let escaped = path.utf8.map { byte in
            plain.utf8.contains(byte)
                ? String(UnicodeScalar(byte))
                : "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }
        return "file:\(escaped.joined())?immutable=1"
    }
}
