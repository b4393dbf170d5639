import Agent
import ArgumentParser

/// The command `kvagent metrics`.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print metrics in Prometheus' text format.",
        discussion: """
            With the setting metrics.textfile, the daemon keeps a file with the same for \
            node_exporter's textfile collector, and this command isn't needed.
            """
    )

    @OptionGroup var settingsOptions: SettingsOptions

    func run() throws {
        let settings = try settingsOptions.settings()
        let report = try MetricsReport(settings, history: settings.historyForReading())
        print(report.text(), terminator: "")
    }
}

extension Agent {
    /// Writes the metrics file anew after a command has changed something.
    ///
    /// What the command did is done: a file that can't be written is told and fails nothing.
    func refreshMetrics() {
        do {
            try writeMetrics()
        } catch {
            Output.toStandardError("kvagent: warning: metrics not written: \(error)")
        }
    }
}
