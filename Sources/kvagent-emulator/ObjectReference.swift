import ArgumentParser

/// A secret or certificate as the command line names it: `VAULT/NAME`.
struct ObjectReference: ExpressibleByArgument {
    let vault: String
    let name: String

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        vault = String(parts[0])
        name = String(parts[1])
    }

    /// Its place in the administration, by way of one collection.
    func path(_ collection: String) -> String {
        "/vaults/\(vault)/\(collection)/\(name)"
    }
}
