import ArgumentParser
import HTTP

/// `fault clear`: all is well again.
struct FaultClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear",
        abstract: "Let nothing go wrong any more."
    )

    @OptionGroup var options: StateOptions

    func run() async throws {
        try await AdminClient(options).send(.delete, "/faults")
    }
}
