import Agent
import ArgumentParser
import History
import KeyVault

/// The command `kvagent sync`.
struct SyncCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync",
        abstract: "Look at the vaults once and deploy what is new.",
        discussion: """
            Prints what was done about each certificate. One that fails stops no other.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The certificates to look at; all when none is named.",
            valueName: "name"
        ),
        completion: Completion.certificates
    )
    var names: [String] = []

    @Flag(name: .long, help: "Say what would be done; change neither disk nor history.")
    var dryRun = false

    @Flag(name: .long, help: "Exit with 10 when something changed (or would).")
    var exitCode = false

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        var agent = try acting.agent()
        Output.progress("asking the vaults …")
        let report: PassReport
        do {
            report = try await pass(agent)
        } catch  where agent.history.isDamaged {
            // Certificates must be renewed all the same, and what is live needs no history.
            agent = try acting.agent(after: agent.history)
            report = try await pass(agent)
        }
        if !dryRun {
            agent.removeOldHistory()
            agent.refreshMetrics()
        }
        try Output.print(SyncReport(report), asJSON: output.json) { report.text }
        let status = ExitStatus(report, tellsChange: exitCode)
        if status != .success { throw status }
    }

    private func pass(_ agent: Agent) async throws -> PassReport {
        try await agent.pass(
            over: names.isEmpty ? nil : names,
            trigger: .sync,
            isRehearsal: dryRun
        )
    }
}

/// The answer of `kvagent sync --json` and `kvagent approve --json`.
struct SyncReport: Encodable {
    struct Certificate: Encodable {
        let name: String
        @OrNull var version: String?
        let result: String
        @OrNull var previousVersion: String?
        @OrNull var reason: String?
        @OrNull var hint: String?
        @OrNull var vaultError: VaultErrorReport?
    }

    let runId: String
    let certificates: [Certificate]
    let warnings: [String]

    /// What went wrong with hooks that were owed from earlier passes.
    let failedHooks: [String]

    init(_ report: PassReport) {
        runId = report.runID
        warnings = report.warnings + report.policyWarnings
        failedHooks = report.failedHooks
        certificates = report.certificates.map {
            Certificate(
                name: $0.name,
                version: $0.version,
                result: $0.verdict.word,
                previousVersion: $0.verdict.previousVersion,
                reason: $0.verdict.reason,
                hint: $0.verdict.hint,
                vaultError: $0.verdict.vaultError
            )
        }
    }
}

extension PassReport {
    /// What the policy warns of in what was, or would be, deployed.
    fileprivate var policyWarnings: [String] {
        certificates.flatMap { certificate in
            certificate.warnings.map { "\(certificate.name): \($0)" }
        }
    }

    var text: String {
        var table = Table("NAME", "RESULT", "VERSION", "REASON")
        for certificate in certificates {
            table.add(
                certificate.name,
                certificate.verdict.word,
                certificate.version?.shortVersion ?? "-",
                certificate.verdict.reason ?? ""
            )
        }
        let hints = Set(certificates.compactMap(\.verdict.hint)).sorted().map { "hint: \($0)" }
        return
            ([table.text()] + hints + (warnings + policyWarnings).map { "warning: \($0)" }
            + failedHooks.map { "owed hook: \($0)" })
            .joined(separator: "\n")
    }
}

extension CertificateReport.Verdict {
    /// The word of the contract.
    fileprivate var word: String {
        switch self {
        case .unchanged: "unchanged"
        case .deployed, .deployedDespite: "deployed"
        case .wouldDeploy: "wouldDeploy"
        case .held: "held"
        case .ignored: "ignored"
        case .refused: "rejected"
        case .rolledBack: "rolledBack"
        case .failed: "failed"
        case .notObserved(let error): "\(error.kind)"
        }
    }

    fileprivate var reason: String? {
        switch self {
        case .unchanged, .deployed, .wouldDeploy: nil
        case .deployedDespite(let reason, _): reason
        case .held(let reason), .ignored(let reason), .refused(let reason),
            .rolledBack(let reason), .failed(let reason):
            reason
        case .notObserved(let error): error.description
        }
    }

    fileprivate var hint: String? {
        if case .notObserved(let error) = self { error.hint } else { nil }
    }

    fileprivate var vaultError: VaultErrorReport? {
        if case .notObserved(let error) = self { VaultErrorReport(error) } else { nil }
    }

    fileprivate var previousVersion: String? {
        switch self {
        case .deployed(let previous), .deployedDespite(_, let previous),
            .wouldDeploy(let previous):
            previous
        default: nil
        }
    }
}
