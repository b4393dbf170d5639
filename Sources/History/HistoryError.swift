import GRDB
import Glibc

/// What keeps the history from being read or written.
///
/// It never shows a value that was to be stored: of SQLite's own messages only those that name
/// tables and columns are passed on, and statements are shown without what is bound to them.
package struct HistoryError: Error, Sendable, CustomStringConvertible {
    /// What a caller may want to tell apart.
    package enum Kind: Sendable, Equatable {
        /// The file is not a database, or not a whole one.
        case damaged
        /// A later kvagent has been at work on it.
        case newerSchema
        /// It is from an earlier kvagent, and this was opened for reading only.
        case olderSchema
        /// This user may not.
        case denied
        /// The file system or the connection is read-only.
        case readOnly
        /// There is no space left.
        case full
        /// Another process held it for longer than the busy time-out.
        case busy
        case other
    }

    package let kind: Kind
    /// What was tried, "record deployment".
    package let operation: String
    /// The database's file.
    package let path: String
    /// What came in between, in a phrase.
    package let cause: String
    /// What a person can do about it.
    package let hint: String?

    /// One line: what was tried, with which file, and what came in between.
    package var description: String { "\(operation) in \(path): \(cause)" }
}

extension HistoryError {
    /// The error as GRDB, a decoder or this module threw it, told in our words.
    init(_ error: any Error, operation: String, path: String) {
        switch error {
        case let error as HistoryError:
            self = error
        case let error as DatabaseError:
            let kind = DatabaseFile(path: path).isOutOfRoom(error) ? .full : Kind(error)
            let cause =
                switch error.extendedResultCode {
                case .SQLITE_CONSTRAINT_FOREIGNKEY: "it refers to what was never recorded"
                default: kind.cause ?? error.message ?? "SQLite error \(error.resultCode.rawValue)"
                }
            self.init(kind: kind, operation: operation, path: path, cause: cause)
        case let error as FileError:
            let kind = Kind(error)
            let cause = kind.cause ?? "\(error.call): \(Self.text(of: error.code))"
            self.init(kind: kind, operation: operation, path: path, cause: cause)
        case let error as UnreadableRow:
            let cause = "column \(error.column) holds what kvagent never writes"
            self.init(kind: .damaged, operation: operation, path: path, cause: cause)
        case let error as Refused:
            self.init(kind: .other, operation: operation, path: path, cause: error.cause)
        default:
            // Only the type: what an unknown error says of itself may quote a value.
            let cause = "\(type(of: error))"
            self.init(kind: .other, operation: operation, path: path, cause: cause)
        }
    }

    private static func text(of code: Int32) -> String {
        unsafe String(cString: strerror(code))
    }

    init(kind: Kind, operation: String, path: String, cause: String) {
        self.init(kind: kind, operation: operation, path: path, cause: cause, hint: kind.hint)
    }
}

extension HistoryError.Kind {
    /// SQLite's codes, by what they mean to a caller.
    init(_ error: DatabaseError) {
        switch error.extendedResultCode {
        // A file cut off in the middle of a page.
        case .SQLITE_IOERR_SHORT_READ: self = .damaged
        default:
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: self = .damaged
            case .SQLITE_READONLY: self = .readOnly
            case .SQLITE_FULL: self = .full
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy
            case .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN: self = .denied
            default: self = .other
            }
        }
    }

    /// The system's codes, likewise.
    init(_ error: FileError) {
        switch error.code {
        case EACCES, EPERM: self = .denied
        case EROFS: self = .readOnly
        case ENOSPC, EDQUOT: self = .full
        case EWOULDBLOCK: self = .busy
        default: self = .other
        }
    }

    /// Where SQLite's own words mislead or say less than we know.
    fileprivate var cause: String? {
        switch self {
        case .full: "no space left on the file system"
        case .busy: "another process kept it for more than 10 seconds"
        default: nil
        }
    }

    fileprivate var hint: String? {
        switch self {
        case .damaged:
            "run `kvagent sync` or restart the daemon: the file is set aside and a new one begun, without its pins"
        case .newerSchema:
            "install the kvagent that wrote it, or a later one: downgrade is not supported"
        case .olderSchema: "start kvagent once: it brings the database up to date"
        case .denied: "run as root, or for reading as a member of the group adm"
        case .readOnly: "check that the file system is mounted read-write"
        case .full: "free space on the file system that holds it"
        case .busy:
            "look for a stopped or hanging process with `fuser -v` on the file and on history.lock"
        case .other: nil
        }
    }
}

/// A row that does not read as what it should be.
struct UnreadableRow: Error {
    let column: String
}

/// A write that the state of the history does not allow, "it is not open".
struct Refused: Error {
    let cause: String
}
