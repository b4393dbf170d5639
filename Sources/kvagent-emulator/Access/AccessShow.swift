import ArgumentParser
import FoundationEssentials
import KeyVaultEmulator

/// `access show`: what has been said about a vault.
struct AccessShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Print who may do what in a vault, as JSON."
    )

    @OptionGroup var target: AccessTarget

    func run() async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(try await target.read()), as: UTF8.self))
    }
}
