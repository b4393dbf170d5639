import Foundation
import Glibc
import Logging

/// Writes a log as lines on standard error: a constant phrase, then the values as `key=value`.
///
/// Under systemd the journal has the time already and takes the level from a `<N>` prefix
/// (sd-daemon(3)); elsewhere both are written out. With `asJSON` each line is an object instead:
/// `time`, `level`, `message`, and the values.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    private let isForJournal = unsafe getenv("JOURNAL_STREAM") != nil
    private let asJSON: Bool

    init(level: Logger.Level, asJSON: Bool = false) {
        logLevel = level
        self.asJSON = asJSON
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        if asJSON {
            var fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
            fields["time"] = Date().formatted(.iso8601)
            fields["level"] = event.level.rawValue
            fields["message"] = "\(event.message)"
            return Output.toStandardError(Output.json(fields, isPretty: false))
        }
        let values = metadata.merging(event.metadata ?? [:]) { $1 }
            .filter { !"\($0.value)".isEmpty }
            .sorted { $0.key < $1.key }
            .map { " \($0.key)=\(Self.quoted("\($0.value)"))" }
            .joined()
        let message = Self.oneLine("\(event.message)")
        let line =
            isForJournal
            ? "<\(event.level.severity)>\(message)\(values)"
            : "\(Date().formatted(.iso8601)) \(event.level.rawValue) \(message)\(values)"
        Output.toStandardError(line)
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
    fileprivate var severity: Int {
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
