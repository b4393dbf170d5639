import Agent
import Foundation
import Logging

/// Writes a log as lines on standard error: a constant phrase, then the values as `key=value`.
///
/// The journal has the time already and takes the level from a `<N>` prefix (sd-daemon(3));
/// elsewhere both are written out. With `asJSON` each line is an object instead:
/// `time`, `level`, `message`, and the values.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    private let isForJournal = Journal.receives()
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
        let text = LogLine.text(
            event.message,
            metadata.merging(event.metadata ?? [:]) { $1 }
        )
        let line =
            isForJournal
            ? "<\(event.level.severity)>\(text)"
            : "\(Date().formatted(.iso8601)) \(event.level.rawValue) \(text)"
        Output.toStandardError(line)
    }
}
