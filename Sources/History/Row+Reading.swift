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
        guard let stored: DatabaseValue = self[column], !stored.isNull else { return nil }
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
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        let strings = parts.indices.filter { !$0.isMultiple(of: 2) }.map { String(parts[$0]) }
        let plain = "[" + strings.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        return plain == text && !text.utf8.contains(UInt8(ascii: "\\"))
            ? strings : try json(column)
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
