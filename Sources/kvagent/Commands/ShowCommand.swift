import Agent
import ArgumentParser
import Foundation

/// The command `kvagent show`.
struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one certificate: what is live, its versions, its deployments."
    )

    @OptionGroup var certificate: NameArgument
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let settings = try settingsOptions.settings()
        let details = try CertificateDetails(
            certificate.name,
            settings: settings,
            history: settings.historyForReading()
        )
        try Output.print(details, asJSON: output.json) { details.text }
    }
}

extension CertificateDetails {
    fileprivate var text: String {
        var lines = [
            "\(status.name)  \(status.state.rawValue)",
            "  url         \(status.url)",
        ]
        if let current = status.current {
            let live = versions.first { $0.version == current.version }
            lines += [
                "  version     \(current.version)",
                "  thumbprint  \(current.thumbprint ?? "-")",
                "  sha256      \(current.sha256 ?? "-")",
                "  subject     \(live?.subject ?? "-")",
                "  names       \(live?.dnsNames.joined(separator: ", ") ?? "-")",
                "  issuer      \(live?.issuer ?? "-")",
                "  serial      \(live?.serialNumber ?? "-")",
                "  key         \(live?.keyType ?? "-")",
                "  valid       \(current.notBefore?.local ?? "-") to \(current.notAfter?.local ?? "-")",
                "  since       \(current.since?.local ?? "-")",
                "  directory   \(directory)",
                "  files       \(files.joined(separator: " "))",
            ]
        }
        lines += status.warnings.map { "  warning     \($0)" }
        var table = Table("VERSION", "FETCHED", "EXPIRES", "THUMBPRINT", "ON DISK", "")
        for version in versions {
            table.add(
                version.version,
                version.fetchedAt.local,
                version.notAfter?.local ?? "-",
                version.thumbprint ?? "-",
                version.isOnDisk ? "yes" : "no",
                version.version == status.current?.version ? "current" : ""
            )
        }
        return (lines + ["", table.text(), "", deployments.text]).joined(separator: "\n")
    }
}
