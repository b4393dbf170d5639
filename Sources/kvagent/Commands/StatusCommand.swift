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
        let health = Health(self, thresholds: thresholds)
        let problems = health.problems
        var lines = problems.map { "\($0.level.rawValue.uppercased()) \($0.line)" }
        if !problems.isEmpty {
            lines.insert("\(problems.count) to attend to:", at: 0)
            lines.append("")
        }
        lines.append(table.text())
        lines.append("")
        lines += health.findings.filter { $0.level == .ok }.map { "note: \($0.line)" }
        lines.append(canSeeDaemon ? daemonLine : "only root sees whether the daemon runs")
        return lines.joined(separator: "\n")
    }

    private var table: Table {
        var table = Table("NAME", "STATE", "VERSION", "THUMBPRINT", "EXPIRES", "LAST POLL")
        for certificate in certificates {
            table.add(
                certificate.name,
                certificate.state.rawValue,
                certificate.current?.version.shortVersion ?? "-",
                certificate.current?.thumbprint ?? "-",
                certificate.current?.notAfter?.remaining() ?? "-",
                certificate.lastPoll.map { $0.at.local + ($0.ok ? "" : " failed") } ?? "-"
            )
        }
        return table
    }

    private var daemonLine: String {
        guard let pid = agent.pid else { return "daemon not running" }
        return "daemon running, pid \(pid)"
            + (agent.nextPass.map { ", next poll at \($0.local)" } ?? "")
    }
}
