import Logging

/// A log message as one line: the phrase, then the values as `key=value`.
package enum LogLine {
    /// The line, without time and level.
    package static func text(_ message: Logger.Message, _ metadata: Logger.Metadata) -> String {
        let values =
            metadata
            .map { (key: $0.key, value: "\($0.value)") }
            .filter { !$0.value.isEmpty }
            .sorted { $0.key < $1.key }
            .map { " \($0.key)=\(quoted($0.value))" }
            .joined()
        return oneLine("\(message)") + values
    }

    private static func quoted(_ value: String) -> String {
        let line = oneLine(value)
        let isPlain = line.allSatisfy { $0.isLetter || $0.isNumber || "-_.:/@…".contains($0) }
        return isPlain ? line : "\"\(line.replacing("\"", with: "\\\""))\""
    }

    /// A value from outside must not be able to begin a line of its own.
    private static func oneLine(_ text: String) -> String {
        String(
            text.map { $0.isNewline || $0.unicodeScalars.allSatisfy { $0.value < 32 } ? " " : $0 }
        )
    }
}

extension Logger.Level {
    /// The severity of syslog(3).
    package var severity: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
