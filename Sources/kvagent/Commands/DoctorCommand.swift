import Agent
import ArgumentParser

/// The command `kvagent doctor`.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what stands between the vault and a deployment.",
        discussion: """
            Walks settings, identity, DNS, TCP, TLS, token, permission, parse, store and hooks, and \
            stops at the first step that fails, with what to do about it. Reads each secret once; \
            installs, records and starts nothing. Run it as the user that the service runs as, \
            mostly root.

            Exit status: 0 all steps passed, 1 the certificate, the store or a hook is at fault, 69 \
            vault or identity endpoint away, 77 denied, 78 settings.
            """
    )

    @Argument(
        help: "The certificates to look at; all when none is named.",
        completion: Completion.certificates
    )
    var names: [String] = []

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let report = try await examine()
        try Output.print(report, asJSON: output.json) { report.text }
        if let status = ExitStatus(report) { throw status }
    }

    private func examine() async throws -> DoctorReport {
        let settings: Settings
        do {
            settings = try settingsOptions.settings()
        } catch let error as SettingsError {
            return DoctorReport(error)
        }
        let certificates = try settings.certificates(named: names)
        return await Doctor(settings, certificates: certificates).examine()
    }
}

extension ExitStatus {
    /// Nil when no step has failed.
    fileprivate init?(_ report: DoctorReport) {
        switch report.failedStep {
        case nil: return nil
        case .settings: self = .configuration
        case .identity, .dns, .tcp, .tls: self = .unavailable
        case .token: self = .denied
        case .permission: self = report.isUnavailable ? .unavailable : .denied
        case .parse, .store, .hooks: self = .failed
        }
    }
}

extension DoctorReport {
    /// A line for each finding, what to do beneath it.
    fileprivate var text: String {
        var lines: [String] = []
        for step in steps where step.outcome != .notReached {
            for finding in step.findings {
                let mark = Self.mark(finding.outcome)
                let name = step.step.rawValue.padded(to: 10)
                let words = "\(finding.subject): \(finding.message)"
                lines.append("\(mark)  \(name)  \(Table.Cell(words).text)")
                if let hint = finding.hint { lines.append("                      \(hint)") }
            }
        }
        let rest = steps.filter { $0.outcome == .notReached }.map(\.step.rawValue)
        lines.append("")
        lines.append(
            failedStep.map { step in
                "\(step.rawValue) failed"
                    + (rest.isEmpty ? "" : "; not looked at: \(rest.joined(separator: ", "))")
            } ?? "every step passed"
        )
        return lines.joined(separator: "\n")
    }

    private static func mark(_ outcome: Outcome) -> String {
        let (word, style): (String, Style) =
            switch outcome {
            case .ok: ("ok", .good)
            case .warning: ("warning", .warning)
            case .failed: ("FAILED", .critical)
            case .notReached: ("-", .quiet)
            }
        let blanks = String(repeating: " ", count: max(0, 8 - word.count))
        return style.applied(to: word) + blanks
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
