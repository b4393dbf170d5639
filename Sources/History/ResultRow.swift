import Foundation
import GRDB

/// The rows that a statement finds, one after the other.
struct ResultRows {
    private let row: ResultRow

    /// - Parameters:
    ///   - statement: One that nothing else is reading from.
    ///   - arguments: What to bind in it.
    /// - Throws: What GRDB says of statement and arguments.
    init(_ statement: Statement, _ arguments: StatementArguments = StatementArguments()) throws {
        row = ResultRow(
            try Row.fetchCursor(statement, arguments: arguments),
            columns: statement.columnNames
        )
    }

    /// The next row, which takes the place of the one before; nil at the end.
    func next() throws -> ResultRow? { try row.advance() ? row : nil }
}

/// A row while it is at hand, its columns read by name.
///
/// As values, without GRDB's subscripts: those end the process on a value of another type, and a
/// file that somebody else has written to must not end the daemon.
///
/// A column is looked for behind the one that was read last. There it is when they are read in the
/// statement's order, and a few more are passed when they are not: either takes less than hashing
/// the name. No two columns of a statement may have the same name.
final class ResultRow {
    /// Held here, as its end would be the row's: SQLite keeps the values of one row only.
    private let rows: RowCursor
    private let columns: [String]
    private var row = Row()
    private var next = 0

    fileprivate init(_ rows: RowCursor, columns: [String]) {
        assert(Set(columns).count == columns.count, "columns of one name: \(columns)")
        self.rows = rows
        self.columns = columns
    }

    fileprivate func advance() throws -> Bool {
        guard let row = try rows.next() else { return false }
        self.row = row
        next = 0
        return true
    }

    private func index(of column: String) throws -> Int {
        for offset in columns.indices {
            var index = next + offset
            if index >= columns.count { index -= columns.count }
            if columns[index] == column {
                next = index + 1
                return index
            }
        }
        throw UnreadableRow(column: column)
    }

    /// A column that must be there and of that type.
    func read<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard let value: Value = try readIfPresent(column) else {
            throw UnreadableRow(column: column)
        }
        return value
    }

    /// A column that may be NULL.
    func readIfPresent<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        let stored = try row.decode(StoredValue.self, atIndex: index(of: column)).databaseValue
        guard !stored.isNull else { return nil }
        guard let value = Value.fromDatabaseValue(stored) else {
            throw UnreadableRow(column: column)
        }
        return value
    }

    /// A moment that must be there.
    func date(_ column: String) throws -> Date {
        guard let date = try dateIfPresent(column) else { throw UnreadableRow(column: column) }
        return date
    }

    /// A moment that may be NULL.
    func dateIfPresent(_ column: String) throws -> Date? {
        guard let text: String = try readIfPresent(column) else { return nil }
        guard let date = Timestamp.date(text) else { throw UnreadableRow(column: column) }
        return date
    }

    /// A column that holds a JSON array of texts.
    ///
    /// Where none of them is escaped, which names of hosts never are, it is read here: a decoder
    /// takes some 20 µs for each, which a report on a thousand certificates would feel.
    func strings(_ column: String) throws -> [String] {
        let text: String = try read(column)
        return try Self.plainStrings(text) ?? json(column)
    }

    /// The texts of a JSON array, as kvagent writes one; nil where it is written any other way.
    private static func plainStrings(_ text: String) -> [String]? {
        let bytes = text.utf8.span
        let end = bytes.count - 1
        guard end > 0, bytes[0] == UInt8(ascii: "["), bytes[end] == UInt8(ascii: "]") else {
            return nil
        }
        var strings: [String] = []
        var place = 1
        while place < end {
            if place > 1 {
                guard bytes[place] == UInt8(ascii: ",") else { return nil }
                place += 1
            }
            guard place < end, bytes[place] == UInt8(ascii: "\"") else { return nil }
            let first = place + 1
            place = first
            while place < end, bytes[place] != UInt8(ascii: "\"") {
                if bytes[place] == UInt8(ascii: "\\") { return nil }
                place += 1
            }
            guard place < end else { return nil }
            let start = text.utf8.index(text.startIndex, offsetBy: first)
            strings.append(String(text[start..<text.utf8.index(start, offsetBy: place - first)]))
            place += 1
        }
        return strings
    }

    /// A column that holds digests by file name: a line for each, as sha256sum(1) writes it; none
    /// where it is NULL.
    func digests(_ column: String) throws -> [String: String] {
        guard let text: String = try readIfPresent(column) else { return [:] }
        // A line has 64 digits and a short name.
        var digests = [String: String](minimumCapacity: text.utf8.count / 70)
        var rest = text.utf8[...]
        while !rest.isEmpty {
            let digest = rest.prefix(64)
            rest = rest.dropFirst(64)
            guard rest.first == UInt8(ascii: " ") else { throw UnreadableRow(column: column) }
            let name = rest.dropFirst().prefix { $0 != UInt8(ascii: "\n") }
            rest = rest[name.endIndex...].dropFirst()
            digests[String(Substring(name))] = String(Substring(digest))
        }
        return digests
    }

    /// A column that holds JSON.
    func json<Value: Decodable>(_ column: String) throws -> Value {
        let text: String = try read(column)
        do {
            return try JSONDecoder().decode(Value.self, from: Data(text.utf8))
        } catch {
            throw UnreadableRow(column: column)
        }
    }
}

/// What a column holds, whatever that is.
///
/// A `DatabaseValue` itself GRDB reads by way of generics whose types it looks up at each column;
/// what can be made from a statement is read without them.
private struct StoredValue: DatabaseValueConvertible, StatementColumnConvertible {
    let databaseValue: DatabaseValue

    init(sqliteStatement: SQLiteStatement, index: CInt) {
        databaseValue = unsafe DatabaseValue(sqliteStatement: sqliteStatement, index: index)
    }

    private init(_ value: DatabaseValue) {
        databaseValue = value
    }

    /// NULL is a value like any other.
    static func fromStatement(
        _ statement: SQLiteStatement,
        atUncheckedIndex index: CInt
    ) -> StoredValue? {
        unsafe StoredValue(sqliteStatement: statement, index: index)
    }

    static func fromDatabaseValue(_ value: DatabaseValue) -> StoredValue? {
        StoredValue(value)
    }
}
