import ArgumentParser
import KeyVaultEmulator

/// A user-assigned identity as the command line writes it.
struct IdentityArgument: ExpressibleByArgument {
    let identity: ManagedIdentity

    init?(argument: String) {
        guard let parts = assignments(in: argument, of: ["client", "object", "resource"]),
            let client = parts["client"], let object = parts["object"]
        else { return nil }
        identity = ManagedIdentity(
            clientID: client,
            objectID: object,
            resourceID: parts["resource"]
        )
    }
}
