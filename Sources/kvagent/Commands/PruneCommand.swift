import Agent
import ArgumentParser

/// The command `kvagent prune`.
struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove from disk what the settings no longer name.",
        discussion: """
            Certificates that were removed from the settings, or given another place, and their \
            links and copies. What the agent has not made, or somebody has changed since, stays. \
            The history stays, too.
            """
    )

    @Argument(
        help: ArgumentHelp(
            "The certificates whose orphans to remove; all when none is named.",
            valueName: "name"
        ),
        completion: Completion.orphans
    )
    var names: [String] = []

    @Flag(name: .long, help: "Say what would be removed; change neither disk nor history.")
    var dryRun = false

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let report = try await agent.prune(names, isRehearsal: dryRun)
        if !dryRun { agent.refreshMetrics() }
        try Output.print(report, asJSON: output.json) { report.text }
        if report.hasErrors { throw ExitStatus.failed }
    }
}

extension PruneReport {
    fileprivate var text: String {
        guard !orphans.isEmpty else { return "nothing is orphaned" }
        return orphans.flatMap { orphan in
            let lines =
                orphan.removed.map { "\(dryRun ? "would remove" : "removed") \($0)" }
                + orphan.left.map { "\(dryRun ? "would leave" : "left") \($0.path): \($0.reason)" }
                + orphan.errors.map { "error: \($0)" }
            return (lines.isEmpty ? ["nothing of it is left"] : lines).map {
                "\(orphan.name): \($0)"
            }
        }.joined(separator: "\n")
    }
}
