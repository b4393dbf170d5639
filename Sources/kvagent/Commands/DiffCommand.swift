import Agent
import ArgumentParser
import Foundation

/// The command `kvagent diff`.
struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Say what differs between two versions of a certificate.",
        discussion: """
            Without versions it is the one that was live before against the live one; with one \
            version, that one against the live one. What clients may miss, such as a name that is \
            gone, is marked as a loss.
            """
    )

    @OptionGroup var certificate: NameArgument

    // Any other strategy takes -1 for an option.
    @Argument(
        parsing: .allUnrecognized,
        help: ArgumentHelp(
            "The older version, and the newer one: its beginning, a thumbprint, or -N for the Nth before the current.",
            valueName: "version"
        ),
        completion: Completion.recordedVersions
    )
    var versions: [String] = []

    @Flag(name: .long, help: "Exit with 10 when anything differs.")
    var exitCode = false

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        for version in versions where RollbackTarget(version) == nil {
            throw ValidationError("\"\(version)\" is neither an option nor a version")
        }
        guard versions.count <= 2 else { throw ValidationError("more than two versions") }
    }

    func run() throws {
        let settings = try settingsOptions.settings()
        let targets = versions.compactMap { RollbackTarget($0) }
        let diff = try VersionDiff(
            of: certificate.name,
            from: targets.first,
            to: targets.count > 1 ? targets[1] : nil,
            settings: settings,
            history: settings.historyForReading()
        )
        try Output.print(diff, asJSON: output.json) { diff.text }
        if exitCode, diff.differs { throw ExitStatus.changed }
    }
}

extension VersionDiff {
    fileprivate var text: String {
        var lines = ["\(certificate): \(from.words) -> \(to.words)", ""]
        for change in changes { lines += self.lines(of: change) }
        if !differs { lines.append("  no difference") }
        let same = Field.allCases.filter { field in
            !unknown.contains(field) && !changes.contains { $0.field == field }
        }
        if differs, !same.isEmpty { lines.append("  same       \(words(same))") }
        if !unknown.isEmpty {
            let gone = [from, to].filter { !$0.isOnDisk }.map(\.version.shortVersion)
            let why =
                gone.isEmpty
                ? "the files don't say" : "no files on disk of \(gone.joined(separator: ", "))"
            lines.append("  unknown    \(words(unknown)) (\(why))")
        }
        return lines.joined(separator: "\n")
    }

    private func words(_ fields: [Field]) -> String {
        fields.map(\.word).joined(separator: ", ")
    }

    private func lines(of change: Change) -> [String] {
        let loss = change.isLoss ? "  " + Style.critical.applied(to: "LOSS") : ""
        switch change.field {
        case .dnsNames:
            return dnsNamesRemoved.map { line("names", "- \($0)") + loss }
                + dnsNamesAdded.map { line("names", "+ \($0)") }
        case .publicKeySha256:
            return [line("key", "another key")]
        default:
            let date = [Field.notBefore, .notAfter].contains(change.field)
            func shown(_ value: String?) -> String {
                guard let value, !value.isEmpty else { return "none" }
                guard date, let moment = try? Date(value, strategy: .iso8601) else { return value }
                return moment.local
            }
            return [
                line(change.field.word, "- \(shown(change.from))"),
                line(change.field.word, "+ \(shown(change.to))") + loss,
            ]
        }
    }

    private func line(_ word: String, _ text: String) -> String {
        "  \(word.padding(toLength: 11, withPad: " ", startingAt: 0))\(text)"
    }
}

extension VersionDiff.Field {
    fileprivate var word: String {
        switch self {
        case .subject, .issuer, .validity, .chain: rawValue
        case .dnsNames: "names"
        case .keyType: "key type"
        case .publicKeySha256: "key"
        case .notBefore: "begins"
        case .notAfter: "ends"
        case .serialNumber: "serial"
        case .signatureAlgorithm: "signed by"
        case .isChainComplete: "complete"
        }
    }
}

extension VersionDiff.Side {
    /// `8f0c1234 (live)`.
    fileprivate var words: String { version.shortVersion + (isCurrent ? " (live)" : "") }
}
