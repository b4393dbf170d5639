import ArgumentParser
import HTTP
import KeyVaultEmulator

/// The vault that an `access` command changes, and the way to change it.
struct AccessTarget: ParsableArguments {
    @OptionGroup var options: StateOptions

    @Argument(help: "The vault.")
    var vault: String

    func read() async throws -> VaultAccess {
        try await AdminClient(options).send(
            .get,
            "/vaults/\(vault)/access",
            as: VaultAccess.self
        )
    }

    func change(_ change: (inout VaultAccess) -> Void) async throws {
        var access = try await read()
        change(&access)
        try await AdminClient(options).send(.put, "/vaults/\(vault)/access", access)
    }
}
