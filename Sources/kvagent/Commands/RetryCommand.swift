import Agent
import ArgumentParser

/// The command `kvagent retry`.
struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Forget that a version was refused: the next poll tries it again."
    )

    @OptionGroup var certificate: NameArgument
    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let cleared = try await agent.retry(certificate.name)
        agent.refreshMetrics()
        try Output.print(
            RetryAnswer(certificate: certificate.name, cleared: cleared),
            asJSON: output.json
        ) {
            cleared == 0
                ? "nothing of \(certificate.name) was refused"
                : "cleared \(cleared) refusals of \(certificate.name); the next poll tries again, or run: kvagent sync \(certificate.name)"
        }
    }
}

/// The answer of `kvagent retry --json`.
private struct RetryAnswer: Encodable {
    let certificate: String

    /// How many refusals were forgotten.
    let cleared: Int
}
