import Logging

/// A log message in the journal's native protocol (<https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>).
///
/// A field is `NAME=value` and a line feed; a value that has line feeds of its own is `NAME`, a line
/// feed, its length as 64 bits, little endian, and the value.
struct JournalEntry {
    /// Longer values are cut, so that an entry stays below what a datagram may hold by default
    /// (net.core.wmem_default, 208 KiB).
    static let longestValue = 8192

    /// More fields than any message of ours has.
    static let mostFields = 20

    private(set) var bytes: [UInt8] = []

    init(level: Logger.Level, message: Logger.Message, metadata: Logger.Metadata) {
        add("MESSAGE", LogLine.text(message, metadata))
        add("PRIORITY", "\(level.severity)")
        add("SYSLOG_IDENTIFIER", "kvagent")
        if let notable = NotableMessage(rawValue: message.description) {
            add("MESSAGE_ID", notable.id)
        }
        let values = metadata.sorted { $0.key < $1.key }.prefix(Self.mostFields)
        for (key, value) in values {
            guard let name = Self.fieldName(key), !"\(value)".isEmpty else { continue }
            add(name, "\(value)")
        }
    }

    /// `previousVersion` becomes `KVAGENT_PREVIOUS_VERSION`, as hooks know it; nil for a key that can't
    /// be a field's name.
    static func fieldName(_ key: String) -> String? {
        var name = "KVAGENT_"
        for character in key.unicodeScalars {
            switch character {
            case "a"..."z": name += String(character).uppercased()
            case "0"..."9": name.unicodeScalars.append(character)
            case "A"..."Z":
                if name.last != "_" { name += "_" }
                name.unicodeScalars.append(character)
            case "-", "_", ".": name += "_"
            default: return nil
            }
        }
        // systemd's own limit.
        return name.utf8.count <= 64 && name.count > 8 ? name : nil
    }

    private mutating func add(_ name: String, _ value: String) {
        let value = Self.cut(value)
        bytes += Array(name.utf8)
        if value.contains(UInt8(ascii: "\n")) {
            bytes.append(UInt8(ascii: "\n"))
            for shift in stride(from: 0, to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: UInt64(value.count) >> UInt64(shift)))
            }
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += value
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The value's bytes, at most ``longestValue``, with `…` where something is missing.
    private static func cut(_ value: String) -> [UInt8] {
        guard value.utf8.count > longestValue else { return Array(value.utf8) }
        let mark = "…"
        var end = value.utf8.index(value.startIndex, offsetBy: longestValue - mark.utf8.count)
        while end > value.startIndex, String.Index(end, within: value) == nil {
            end = value.utf8.index(before: end)
        }
        return Array((value[..<end] + mark).utf8)
    }
}
