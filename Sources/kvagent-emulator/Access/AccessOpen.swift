import ArgumentParser
import KeyVaultEmulator

/// `access open`: as if nothing had been said about a vault.
struct AccessOpen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open",
        abstract: "Let every token do everything again, from everywhere, without a limit."
    )

    @OptionGroup var target: AccessTarget

    func run() async throws {
        try await target.change { $0 = VaultAccess() }
    }
}
