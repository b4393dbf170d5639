import Agent
import ArgumentParser

/// The command `kvagent retry`.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Forget that a version was refused: the next poll tries it again.",
        discussion: "Hooks that are owed and whose files are gone are forgotten, too."
    )

    @OptionGroup var certificate: NameArgument
    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let (cleared, forgotten) = try await agent.retry(certificate.name)
        agent.refreshMetrics()
        let answer = RetryAnswer(
            certificate: certificate.name,
            cleared: cleared,
            forgottenHooks: forgotten
        )
        try Output.print(answer, asJSON: output.json) { answer.text }
    }
}

/// The answer of `kvagent retry --json`.
private struct RetryAnswer: Encodable {
    let certificate: String

    /// How many refusals were forgotten.
    let cleared: Int

    /// The owed hooks that were not there any more.
    let forgottenHooks: [String]

    var text: String {
        var lines = forgottenHooks.map { "forgot the owed hook \($0), which is not there" }
        if cleared > 0 {
            lines.append(
                "cleared \(cleared) refusal\(cleared == 1 ? "" : "s") of \(certificate); the next poll tries again, or run: kvagent sync \(certificate)"
            )
        }
        return lines.isEmpty
            ? "nothing of \(certificate) was refused" : lines.joined(separator: "\n")
    }
}
