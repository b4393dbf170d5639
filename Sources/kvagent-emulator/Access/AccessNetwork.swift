import ArgumentParser
import KeyVaultEmulator

/// `access network`: from where a vault may be reached.
struct AccessNetwork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Set from where a vault may be reached; without options, from everywhere.",
        discussion: "Every client of the emulator comes from 127.0.0.1."
    )

    @OptionGroup var target: AccessTarget

    @Option(
        help: ArgumentHelp(
            "Only from this IPv4 address or range. May be repeated.",
            valueName: "address"
        )
    )
    var allow: [String] = []

    @Flag(help: "Only through a private endpoint, so from nowhere.")
    var `private` = false

    func run() async throws {
        try await target.change { access in
            access.network.isPublic = !`private`
            access.network.allowed = allow.isEmpty ? nil : allow
        }
    }
}
