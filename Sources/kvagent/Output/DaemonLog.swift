import Agent
import Logging

/// Where the daemon's log goes, as `loggingSettings` and the options say.
struct DaemonLog {
    let logger: Logger

    /// Runs beside the daemon when the log is forwarded.
    let forwarder: FluentdForwarder?

    /// - Parameters:
    ///   - settings: What the settings say.
    ///   - level: From which level on.
    ///   - forceJSON: Whether `--json` asks for lines of JSON whatever the settings say.
    init(_ settings: LoggingSettings, level: Logger.Level, forceJSON: Bool) {
        let lines = LineLogHandler(level: level, asJSON: forceJSON || settings.isJSON)
        let journal = JournalLogHandler(Journal(), fallback: lines)
        let local: any LogHandler =
            switch settings.destination {
            case _ where forceJSON: lines
            case .journal: journal
            case .standardError: lines
            case .automatic, .fluentd: Journal.receives() ? journal : lines
            }
        let localLogger = Logger(label: "kvagent") { _ in local }
        guard case .fluentd(let endpoint, let tag) = settings.destination else {
            logger = localLogger
            forwarder = nil
            return
        }
        let forwarder = FluentdForwarder(endpoint, tag: tag, local: localLogger)
        let remote = FluentdLogHandler(forwarder, level: level)
        logger = Logger(label: "kvagent") { _ in MultiplexLogHandler([local, remote]) }
        self.forwarder = forwarder
    }
}
