import ArgumentParser
import KeyVaultEmulator

/// Whose access it is.
struct PrincipalOption: ParsableArguments {
    @Option(
        name: .customLong("to"),
        help: ArgumentHelp(
            "The object id of the identity.",
            valueName: "object-id"
        )
    )
    var principal: String = ManagedIdentity.system.objectID
}
