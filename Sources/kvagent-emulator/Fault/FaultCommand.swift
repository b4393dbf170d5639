import ArgumentParser

/// `fault`: what shall go wrong.
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault",
        abstract: "Make answers and versions go wrong.",
        subcommands: [FaultSet.self, FaultList.self, FaultClear.self]
    )
}
