import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent rollback`.
struct RollbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback",
        abstract: "Make an earlier version live again, run its hooks, and pin it.",
        discussion: """
            Later polls record new versions without deploying them, until kvagent unpin.
            """
    )

    @OptionGroup var certificate: NameArgument

    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp(
            "The beginning of a version, a thumbprint, or -N for the Nth before the current; the last good one by default.",
            valueName: "version"
        ),
        completion: Completion.versions
    )
    var to: RollbackTarget = .lastGood

    @Option(name: .long, help: "Why, for the history.")
    var reason: String?

    @Flag(name: .long, help: "Go back to a version that has expired, too.")
    var force = false

    @Flag(name: .long, help: "Say what would be done; change nothing.")
    var dryRun = false

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let report = try await agent.rollback(
            RollbackRequest(
                certificate: certificate.name,
                target: to,
                reason: reason,
                isForced: force,
                isRehearsal: dryRun
            )
        )
        if !dryRun { agent.refreshMetrics() }
        try Output.print(RollbackAnswer(report), asJSON: output.json) { report.text }
        if let result = report.result, result.outcome != .deployed { throw ExitStatus.failed }
    }
}

extension RollbackTarget: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

/// The answer of `kvagent rollback --json`.
private struct RollbackAnswer: Encodable {
    let certificate: String
    @OrNull var previousVersion: String?
    let version: String
    @OrNull var thumbprint: String?
    @OrNull var notAfter: Date?

    /// Whether the files came (or would come) from the vault.
    let fetched: Bool

    /// The hooks that run.
    let hooks: [String]
    let dryRun: Bool
    @OrNull var outcome: Outcome?
    @OrNull var error: String?

    init(_ report: RollbackReport) {
        certificate = report.certificate
        version = report.to.version
        fetched = report.isFetched
        hooks = report.hooks
        dryRun = report.result == nil
        _previousVersion = OrNull(wrappedValue: report.from)
        _thumbprint = OrNull(wrappedValue: report.to.thumbprint)
        _notAfter = OrNull(wrappedValue: report.to.notAfter)
        _outcome = OrNull(wrappedValue: report.result?.outcome)
        _error = OrNull(wrappedValue: report.result?.error)
    }
}

extension RollbackReport {
    fileprivate var text: String {
        let step =
            "\(certificate): \(from?.shortVersion ?? "nothing") -> \(to.version.shortVersion) (thumbprint \(to.thumbprint ?? "-"), expires \(to.notAfter?.local ?? "-"))"
        guard let result else {
            return [
                "would go back, \(step)",
                isFetched
                    ? "would fetch the files from the vault: those on disk are gone or altered"
                    : "would use the files on disk",
                "would run: \(hooks.isEmpty ? "no hooks" : hooks.joined(separator: ", "))",
                "would pin the version",
            ].joined(separator: "\n")
        }
        if result.outcome == .deployed {
            return
                "rolled back and pinned, \(step)\nlift the pin with: kvagent unpin \(certificate)"
        }
        return "not rolled back (\(result.outcome.rawValue)): \(result.error ?? "")"
    }
}
