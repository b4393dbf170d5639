import Agent
import ArgumentParser

/// The command `kvagent approve`.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Let a version through that the policy holds, and deploy it.",
        discussion: """
            The approval is of that version alone. Check hooks are asked and its servers are looked \
            at as ever, and the version before comes back when it fails.
            """
    )

    @OptionGroup var certificate: NameArgument

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The version that is meant, its beginning or a thumbprint; by default the one that is held.",
            valueName: "version"
        ),
        completion: Completion.recordedVersions
    )
    var version: RollbackTarget?

    @Option(name: .long, help: "Why, for the history and for status.")
    var reason: String?

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        switch version {
        case .steps, .lastGood: throw ValidationError("--version takes no number of steps")
        case .version, .thumbprint, nil: return
        }
    }

    func run() async throws {
        let agent = try acting.agent()
        Output.progress("asking the vault …")
        let report = try await agent.approve(certificate.name, version: version, reason: reason)
        agent.refreshMetrics()
        try Output.print(SyncReport(report), asJSON: output.json) { report.text }
        let status = ExitStatus(report, tellsChange: false)
        if status != .success { throw status }
    }
}
