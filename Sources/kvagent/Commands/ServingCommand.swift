import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent serving`.
struct ServingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serving",
        abstract: "Show which local servers serve which version of the certificates.",
        discussion: """
            Shakes hands with every TCP listener of this machine, for each name in the \
            certificates and for none, and sends no data. Exits with 1 when a version is served \
            that isn't live any more. Root sees which process listens.
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp("How long one handshake may take: 2s, 1m.", valueName: "time")
    )
    var timeout = TimeSpan.seconds(2)

    @Option(
        name: .long,
        help: ArgumentHelp("Look at this port only; may be repeated.", valueName: "port")
    )
    var port: [UInt16] = []

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard timeout.seconds > 0 else { throw ValidationError("--timeout must be above 0") }
    }

    func run() async throws {
        let settings = try settingsOptions.settings()
        let report = try await survey(settings).report()
        try Output.print(report, asJSON: output.json) { report.text }
        if report.hasOlder { throw ExitStatus.failed }
    }

    private func survey(_ settings: Settings) throws -> ServingSurvey {
        let timeout = Duration.seconds(timeout.seconds)
        do {
            return try ServingSurvey(
                settings,
                history: settings.historyForReading(),
                timeout: timeout,
                ports: port,
                warnings: []
            )
        } catch let error as HistoryError where error.kind != .newerSchema {
            // What is live can be told without; an older version then counts as unknown.
            return try ServingSurvey(
                settings,
                history: nil,
                timeout: timeout,
                ports: port,
                warnings: ["older versions can't be told: \(error)"]
            )
        }
    }
}

extension ServingReport {
    /// A row for each certificate of ours, then what else there is to know.
    fileprivate var text: String {
        var table = Table("LISTENER", "PROCESS", "STANDING", "CERTIFICATE", "VERSION", "SERVED FOR")
        var others = 0
        for listener in listeners {
            let ours = listener.certificates.filter { $0.standing != .other }
            if ours.isEmpty { others += 1 }
            for leaf in ours {
                table.add(
                    listener.place,
                    listener.process.map { "\($0.name) (\($0.pid))" } ?? "-",
                    leaf.standing.rawValue,
                    leaf.certificate ?? "-",
                    leaf.version?.shortVersion ?? leaf.thumbprint,
                    ((leaf.isDefault ? ["any"] : []) + leaf.serverNames).joined(separator: " ")
                )
            }
        }
        var lines =
            others == listeners.count
            ? ["no local listener serves a certificate of the settings"] : [table.text()]
        if others > 0 {
            lines.append("listeners with other certificates: \(others)")
        }
        return (lines + warnings.map { "warning: \($0)" }).joined(separator: "\n")
    }
}

extension ServingListener {
    fileprivate var place: String {
        let host = address.contains(":") ? "[\(address)]" : address
        return "\(host):\(port)" + (startTLS.map { " \($0)" } ?? "")
    }
}
