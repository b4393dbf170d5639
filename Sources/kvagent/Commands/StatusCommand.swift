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
        try Output.print(report, asJSON: output.json) { report.text }
    }
}

extension StatusReport {
    fileprivate var text: String {
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
        var lines = [table.text(), ""]
        for certificate in certificates {
            lines += certificate.remarks.map { "\(certificate.name): \($0)" }
        }
        lines += agent.warnings.map { "warning: \($0)" }
        lines.append(
            agent.pid.map {
                "daemon running, pid \($0)"
                    + (agent.nextPass.map { ", next poll at \($0.local)" } ?? "")
            } ?? "daemon not running"
        )
        return lines.joined(separator: "\n")
    }
}

extension CertificateStatus {
    /// What a person should know beside the table's row.
    fileprivate var remarks: [String] {
        var remarks = warnings
        if let pin {
            remarks.append(
                "pinned to \(pin.version.shortVersion) by \(pin.actor) at \(pin.at.local)"
                    + (pin.reason.map { ": \($0)" } ?? "")
                    + (pin.until.map { ", until \($0.local)" } ?? "")
            )
        }
        if let latest, latest != current?.version {
            remarks.append("the vault has version \(latest.shortVersion)")
        }
        if let lastPoll, let error = lastPoll.error, !lastPoll.ok {
            remarks.append("\(error) (\(consecutiveFailures) polls in a row)")
        }
        remarks += owedHooks.map {
            "hook \"\($0.name)\" is owed since \($0.since.local) after \($0.attempts) tries"
        }
        return remarks
    }
}
