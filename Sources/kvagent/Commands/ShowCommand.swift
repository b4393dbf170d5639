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

    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp(
            "Show this version instead of the live one: its beginning, a thumbprint, or -N for the Nth before the current.",
            valueName: "version"
        ),
        completion: Completion.recordedVersions
    )
    var version: RollbackTarget?

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let settings = try settingsOptions.settings()
        let details = try CertificateDetails(
            certificate.name,
            version: version,
            settings: settings,
            history: settings.historyForReading()
        )
        try Output.print(details, asJSON: output.json) {
            version == nil ? details.text : details.textOfVersion
        }
    }
}

extension CertificateDetails {
    /// The live version, the versions there are, and what was done last.
    fileprivate var text: String {
        var lines = ["\(status.name)  \(status.state.rawValue)", "  url         \(status.url)"]
        if let shown {
            lines += shown.lines
            lines.append("  since       \(status.current?.since?.local ?? "-")")
            lines.append("  directory   \(directory)")
        }
        if let pin = status.pin, pin.holds(at: Date()) {
            lines.append("  pin         \(pin.words)")
        }
        lines += status.warnings.map { "  warning     \($0)" }
        return paragraphs([
            lines.joined(separator: "\n"), shown?.fileTable, versionTable,
            deployments.textWithHooks,
        ])
    }

    /// One version and what was done with it.
    fileprivate var textOfVersion: String {
        guard let shown else { return "" }
        let standing = shown.isCurrent ? "live" : "not live"
        var lines = ["\(status.name)  version \(shown.version)  \(standing)"] + shown.lines
        lines.append("  fetched     \(shown.fetchedAt.local)")
        lines.append(
            "  directory   "
                + (shown.directory
                    ?? "the files are not on disk any more; this is what history knows")
        )
        return paragraphs([
            lines.joined(separator: "\n"), shown.fileTable, shownDeployments.textWithHooks,
        ])
    }

    private func paragraphs(_ parts: [String?]) -> String {
        parts.compactMap { $0 }.joined(separator: "\n\n")
    }

    /// What is to be known of a version at a glance.
    private func mark(_ version: VersionDetails) -> String {
        if version.version == status.current?.version { return "current" }
        let isHeld = version.version == status.latest && status.state == .held
        return isHeld ? "held" : ""
    }

    private var versionTable: String? {
        guard !versions.isEmpty else { return nil }
        var table = Table("VERSION", "EXPIRES", "ON DISK", "", "FETCHED", "THUMBPRINT")
        for version in versions {
            table.add(
                version.version,
                version.notAfter?.local ?? "-",
                version.isOnDisk ? "yes" : "no",
                mark(version),
                version.fetchedAt.local,
                version.thumbprint ?? "-"
            )
        }
        return table.text()
    }
}

extension VersionFacts {
    /// What the certificate is, a line for each fact.
    fileprivate var lines: [String] {
        var lines = [
            "  version     \(version)",
            "  subject     \(subject ?? "-")",
            "  names       \(dnsNames.isEmpty ? "-" : dnsNames.joined(separator: ", "))",
            "  issuer      \(issuer ?? "-")",
        ]
        if isOnDisk { lines += chainLines }
        lines += [
            "  valid       \(notBefore?.local ?? "-") to \(notAfter?.local ?? "-"), \(left)",
            "  serial      \(serialNumber ?? "-")",
            "  key         \(keyType ?? "-")",
        ]
        if let publicKeySha256 { lines.append("  key sha256  \(publicKeySha256)") }
        if let signatureAlgorithm { lines.append("  signed by   \(signatureAlgorithm)") }
        lines += ["  thumbprint  \(thumbprint ?? "-")", "  sha256      \(sha256 ?? "-")"]
        if let approval { lines.append("  approved    \(approval.line)") }
        if let problem { lines.append("  problem     \(problem)") }
        return lines
    }

    private var chainLines: [String] {
        guard problem == nil else { return [] }
        let verdict =
            switch isChainComplete {
            case true?: "complete"
            case false?: "incomplete: an intermediate is missing"
            case nil: "no intermediates; whether one is missing shows to root only"
            }
        let links = chain.map { "\($0.subject), until \($0.notAfter.local)" } + [verdict]
        return links.enumerated().map { "  \($0 == 0 ? "chain " : "      ")      \($1)" }
    }

    private var left: String {
        guard let words = notAfter?.remaining() else { return "-" }
        return words == "expired" ? words : "\(words) left"
    }

    fileprivate var fileTable: String? {
        guard !files.isEmpty else { return nil }
        var table = Table("FILE", "MODE", "OWNER", "SIZE", "READABLE BY")
        for file in files {
            table.add(
                file.name,
                file.mode,
                "\(file.owner):\(file.group)",
                "\(file.size)",
                file.readers.words
            )
        }
        return table.text()
    }
}

extension FileFacts.Readers {
    /// `root, group ssl-cert`.
    fileprivate var words: String {
        if everyone { return "everyone" }
        let all = users + groups.map { "group \($0)" }
        return all.isEmpty ? "nobody" : all.joined(separator: ", ")
    }
}
