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
            Later polls record new versions without deploying them, until kvagent unpin. With --no-pin the version \
            that was live is refused instead, and the next newer one is deployed.
            """
    )

    @Argument(
        help: "The certificate's name in the settings.",
        completion: Completion.certificates
    )
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Instead of one certificate, all that this pass has changed: the beginning of its run ID.",
            valueName: "run-id"
        )
    )
    var batch: String?

    @Option(
        name: .long,
        parsing: .unconditional,
        help: ArgumentHelp(
            "The beginning of a version, a thumbprint, or -N for the Nth before the current; the last good one by default.",
            valueName: "version"
        ),
        completion: Completion.versions
    )
    var to: RollbackTarget?

    @Option(name: .long, help: "Why, for the history.")
    var reason: String?

    @Flag(name: .long, help: "Go back to a version that has expired, too.")
    var force = false

    @Flag(name: .long, help: "Set no pin, and take the next newer version.")
    var noPin = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Let the pin go by itself at this date or time (RFC 3339).",
            valueName: "time"
        )
    )
    var pinUntil: Time?

    @Flag(name: .long, help: "Say what would be done; change nothing.")
    var dryRun = false

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if (name == nil) == (batch == nil) {
            throw ValidationError("give the name of a certificate, or --batch and a run ID")
        }
        if batch != nil, to != nil {
            throw ValidationError(
                "--to is for one certificate: a batch goes back to what was before it"
            )
        }
        if let batch, batch.count < Self.shortestRunID {
            throw ValidationError("give at least \(Self.shortestRunID) characters of the run ID")
        }
        if noPin, pinUntil != nil {
            throw ValidationError("--no-pin and --pin-until exclude each other")
        }
        if let pinUntil, pinUntil.date <= Date() {
            throw ValidationError("--pin-until lies in the past")
        }
    }

    /// A day of them all begins with the same.
    private static let shortestRunID = 8

    func run() async throws {
        let agent = try acting.agent()
        let report = try await agent.rollback(
            RollbackRequest(
                name.map { .certificate($0, to: to ?? .lastGood) } ?? .batch(batch ?? ""),
                hold: noPin ? .refusal : .pin(until: pinUntil?.date),
                reason: reason,
                isForced: force,
                isRehearsal: dryRun
            )
        )
        if !dryRun { agent.refreshMetrics() }
        let text = report.text(isPinned: !noPin, until: pinUntil?.date)
        if let step = report.steps.first, name != nil {
            try Output.print(RollbackAnswer(step), asJSON: output.json) { text }
        } else {
            try Output.print(BatchAnswer(report), asJSON: output.json) { text }
        }
        let failed = report.steps.contains { $0.result.map { $0.outcome != .deployed } ?? false }
        if failed || report.skipped.contains(where: \.isStillLive) { throw ExitStatus.failed }
    }
}

extension RollbackTarget: ExpressibleByArgument {
    package init?(argument: String) {
        self.init(argument)
    }
}

/// The answer of `kvagent rollback --batch --json`.
private struct BatchAnswer: Encodable {
    @OrNull var batch: String?
    let rollbacks: [RollbackAnswer]
    let skipped: [SkippedRollback]

    init(_ report: RollbackReport) {
        rollbacks = report.steps.map(RollbackAnswer.init)
        skipped = report.skipped
        _batch = OrNull(wrappedValue: report.batch)
    }
}

/// The answer of `kvagent rollback NAME --json`.
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

    init(_ report: RollbackStep) {
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
    fileprivate func text(isPinned: Bool, until: Date?) -> String {
        let lines =
            steps.map { $0.text(isPinned: isPinned, until: until) }
            + skipped.map { "not gone back, \($0.certificate): \($0.reason)" }
        return lines.joined(separator: "\n")
    }
}

extension RollbackStep {
    fileprivate func text(isPinned: Bool, until: Date?) -> String {
        let step =
            "\(certificate): \(from?.shortVersion ?? "nothing") -> \(to.version.shortVersion) (thumbprint \(to.thumbprint ?? "-"), expires \(to.notAfter?.local ?? "-"))"
        let end = until.map { " until \($0.local)" } ?? ""
        guard let result else {
            return [
                "would go back, \(step)",
                isFetched
                    ? "would fetch the files from the vault, which has them: those on disk are gone or altered"
                    : "would use the files on disk",
                "would run: \(hooks.isEmpty ? "no hooks" : hooks.joined(separator: ", "))",
                isPinned
                    ? "would pin the version\(end)"
                    : "would set no pin, and refuse \(from?.shortVersion ?? "nothing") until there is a newer one",
            ].joined(separator: "\n")
        }
        guard result.outcome == .deployed else {
            return
                "not rolled back (\(result.outcome.rawValue)), \(certificate): \(result.error ?? "")"
        }
        return isPinned
            ? "rolled back and pinned\(end), \(step)\nlift the pin with: kvagent unpin \(certificate)"
            : "rolled back, \(step)\nthe next newer version is deployed; \(from?.shortVersion ?? "what was live") itself after: kvagent retry \(certificate)"
    }
}
