import Foundation
import GRDB

/// Columns as values, without GRDB's subscripts: those end the process on a value of another
/// type, and a file that somebody else has written to must not end the daemon.
extension Row {
    /// A column that must be there and of that type.
    func read<Value: DatabaseValueConvertible>(_ column: String) throws -> Value {
        guard let value: Value = try readIfPresent(column) else {
            throw UnreadableRow(column: column)
        }
        return value
    }

    /// A column that may be NULL.
    func readIfPresent<Value: DatabaseValueConvertible>(_ column: String) throws -> Value? {
        let stored = try decode(StoredValue.self, forColumn: column).databaseValue
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
        let bytes = Array(text.utf8)
        guard bytes.count > 1, bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]"),
            !bytes.contains(UInt8(ascii: "\\"))
        else { return nil }
        if bytes.count == 2 { return [] }
        let quote = UInt8(ascii: "\"")
        let parts = bytes[1..<bytes.count - 1]
            .split(separator: quote, omittingEmptySubsequences: false)
        var strings: [String] = []
        for (index, part) in parts.enumerated() {
            if !index.isMultiple(of: 2) {
                strings.append(String(decoding: part, as: UTF8.self))
            } else if index == 0 || index == parts.count - 1 {
                guard part.isEmpty else { return nil }
            } else {
                guard part.elementsEqual(",".utf8) else { return nil }
            }
        }
        return parts.count.isMultiple(of: 2) ? nil : strings
    }

    /// A column that holds digests by file name: a line for each, as sha256sum(1) writes it; none
    /// where it is NULL.
    func digests(_ column: String) throws -> [String: String] {
        guard let text: String = try readIfPresent(column) else { return [:] }
        var digests: [String: String] = [:]
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
