import Agent
import ArgumentParser
import Foundation
import Store

/// The command `kvagent status`.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is live, what the vaults have, and what is wrong."
    )

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let settings = try settingsOptions.settings()
        let report = try StatusReport(
            settings,
            history: settings.historyForReading(),
            daemon: ProcessLock.currentHolder(at: settings.daemonLockFile).map { Int($0) }
        )
        try Output.print(report, asJSON: output.json) {
            report.text(canSeeDaemon: settings.canSeeDaemon)
        }
    }
}

extension StatusReport {
    /// What needs attention, then the table, then what is worth knowing.
    fileprivate func text(canSeeDaemon: Bool) -> String {
        var thresholds = HealthThresholds()
        // Its own line says whether one runs, and whoever has none need not be reminded each time.
        thresholds.expectsDaemon = false
        let now = Date()
        let health = Health(self, thresholds: thresholds, now: now)
        let problems = health.problems
        var lines = problems.map { "\($0.level.rawValue.uppercased()) \($0.line)" }
        if !problems.isEmpty {
            lines.insert("\(problems.count) to attend to:", at: 0)
            lines.append("")
        }
        lines.append(table(thresholds, now: now))
        lines.append("")
        lines += health.findings.filter { $0.level == .ok }.map { "note: \($0.line)" }
        lines.append(canSeeDaemon ? daemonLine : "only root sees whether the daemon runs")
        return lines.joined(separator: "\n")
    }

    /// With the thumbprints where the terminal has room for them, whole.
    private func table(_ thresholds: HealthThresholds, now: Date) -> String {
        let whole = table(thresholds, now: now, hasThumbprints: true)
        if let width = Terminal.width, whole.width > width {
            return table(thresholds, now: now, hasThumbprints: false).text()
        }
        return whole.text()
    }

    private func table(
        _ thresholds: HealthThresholds,
        now: Date,
        hasThumbprints: Bool
    ) -> Table {
        var table = Table(
            ["NAME", "STATE", "VERSION", "VALIDITY", "EXPIRES", "LAST POLL"]
                + (hasThumbprints ? ["THUMBPRINT"] : [])
        )
        for certificate in certificates {
            let current = certificate.current
            let bar = ValidityBar(current?.notBefore, current?.notAfter, thresholds, now: now)
            var cells = [
                Table.Cell(certificate.name),
                Table.Cell(certificate.state.rawValue),
                Table.Cell(current?.version.shortVersion ?? "-"),
                bar?.cell ?? Table.Cell("-"),
                Table.Cell(current?.notAfter?.remaining(from: now) ?? "-", style: bar?.style),
                Table.Cell(
                    certificate.lastPoll.map {
                        "\($0.ok ? "" : "failed ")\(now.timeIntervalSince($0.at).inWords) ago"
                    } ?? "-"
                ),
            ]
            if hasThumbprints { cells.append(Table.Cell(current?.thumbprint ?? "-")) }
            table.add(cells: cells)
        }
        return table
    }

    private var daemonLine: String {
        guard let pid = agent.pid else { return "daemon not running" }
        return "daemon running, pid \(pid)"
            + (agent.nextPass.map { ", next poll at \($0.local)" } ?? "")
    }
}
