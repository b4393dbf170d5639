import ArgumentParser
import FoundationEssentials
import HTTP
import KeyVaultEmulator

/// `fault list`: what is set to go wrong.
struct FaultList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Print what is set to go wrong."
    )

    @OptionGroup var options: StateOptions

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let client = try AdminClient(options)
        guard !json else {
            print(String(decoding: try await client.send(.get, "/faults"), as: UTF8.self))
            return
        }
        for fault in try await client.send(.get, "/faults", as: [Fault].self) {
            let place = [fault.vault, fault.name].compactMap { $0 }.joined(separator: "/")
            print(
                fault.kind.rawValue,
                "on",
                fault.service.rawValue,
                place,
                fault.count.map { "\($0) more" } ?? "until cleared"
            )
        }
    }
}
