import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent pin`.
struct PinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pin",
        abstract: "Hold the live version: new ones are recorded, not deployed."
    )

    @OptionGroup var certificate: NameArgument

    @Option(name: .long, help: "Why, for the history and for status.")
    var reason: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Let go of it by itself at this date or time (RFC 3339).",
            valueName: "time"
        )
    )
    var until: Time?

    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if let until, until.date <= Date() {
            throw ValidationError("--until lies in the past")
        }
    }

    func run() async throws {
        let agent = try acting.agent()
        let pin = try await agent.pin(
            certificate.name,
            reason: reason,
            until: until?.date
        )
        agent.refreshMetrics()
        try Output.print(PinAnswer(certificate: certificate.name, pin: pin), asJSON: output.json) {
            "pinned \(certificate.name) to \(pin.version.shortVersion)"
                + (pin.until.map { " until \($0.local)" } ?? "")
        }
    }
}

/// The command `kvagent unpin`.
struct UnpinCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unpin",
        abstract: "Lift a pin: the next poll deploys the newest version."
    )

    @OptionGroup var certificate: NameArgument
    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let pin = try await agent.unpin(certificate.name)
        agent.refreshMetrics()
        try Output.print(PinAnswer(certificate: certificate.name, pin: pin), asJSON: output.json) {
            "unpinned \(certificate.name) from \(pin.version.shortVersion); the next poll deploys the newest version"
        }
    }
}

/// The answer of `kvagent pin --json` and `kvagent unpin --json`: the hold that was set or lifted.
private struct PinAnswer: Encodable {
    let certificate: String
    let version: String
    @OrNull var reason: String?
    let actor: String
    let at: Date
    @OrNull var until: Date?

    init(certificate: String, pin: Pin) {
        self.certificate = certificate
        version = pin.version
        actor = pin.actor
        at = pin.at
        _reason = OrNull(wrappedValue: pin.reason)
        _until = OrNull(wrappedValue: pin.until)
    }
}
