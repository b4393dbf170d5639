import Foundation
import History
import Store

extension Agent {
    /// Writes the metrics where `metrics.textfile` says, for node_exporter to pick up; does
    /// nothing without that setting.
    ///
    /// The file is replaced with one rename, so that a scrape sees all of the old or of the new.
    ///
    /// - Throws: `StoreError` when the file can't be written, `HistoryError`. The file is then as
    ///   it was, and its age (`node_textfile_mtime_seconds`) tells.
    package func writeMetrics(now: Date = Date()) throws {
        guard let file = settings.metricsFile else { return }
        let text = try MetricsReport(settings, history: history, now: now).text(now: now)
        try DurableFile.replace(file, with: text, mode: 0o644)
    }
}

extension Settings {
    /// What keeps the metrics from being written, found without changing anything.
    ///
    /// Apart from ``directoryProblems()``: a collector that was removed must not keep the daemon
    /// from installing certificates.
    package func metricsProblems() -> [SettingsProblem] {
        guard let file = metricsFile else { return [] }
        guard let obstacle = DurableFile.obstacle(to: file) else { return [] }
        return [
            origins.problem(
                "metrics.textfile",
                "\(file) can't be written: \(obstacle.cause); name a file in node_exporter's --collector.textfile.directory"
            )
        ]
    }
}
