import Foundation
import Glibc

/// Where text goes: results to standard output, the rest to standard error.
enum Output {
    static func toStandardError(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// JSON as it is documented: camelCase, sorted keys, dates in RFC 3339 UTC with seconds.
    static func json(_ value: some Encodable, isPretty: Bool = true) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.dateEncodingStrategy = .iso8601
        // Our own values hold nothing that JSON can't say (no infinities), so this can't fail.
        let data = (try? encoder.encode(value)) ?? Data("null".utf8)
        return String(decoding: data, as: UTF8.self)
    }

    /// Prints JSON, or what `text` makes for people.
    static func print(_ value: some Encodable, asJSON: Bool, text: () -> String) {
        let output = asJSON ? json(value) : text()
        if !output.isEmpty { Swift.print(output) }
    }

    /// Shows on a terminal that long work goes on; elsewhere says nothing.
    static func progress(_ text: String) {
        if isatty(STDERR_FILENO) == 1 { toStandardError(text) }
    }
}
