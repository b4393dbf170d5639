/// A built-in role of Azure that concerns what is in a vault, by the name that Azure shows.
///
/// Microsoft: "Provide access to Key Vault keys, certificates, and secrets with Azure role-based
/// access control".
package enum Role: String, Sendable, Codable, CaseIterable {
    case secretsUser = "Key Vault Secrets User"
    case certificateUser = "Key Vault Certificate User"
    /// Names and dates, no value.
    case reader = "Key Vault Reader"
    case administrator = "Key Vault Administrator"

    private static let prefix = "Microsoft.KeyVault/vaults/"

    /// Whether its definition has this data action.
    func allows(_ action: String) -> Bool {
        switch (self, action.dropFirst(Self.prefix.count)) {
        case (.administrator, _): true
        case (.secretsUser, "secrets/getSecret/action"),
            (.secretsUser, "secrets/readMetadata/action"),
            (.certificateUser, "secrets/getSecret/action"),
            (.certificateUser, "secrets/readMetadata/action"),
            (.certificateUser, "certificates/read"), (.certificateUser, "keys/read"),
            (.reader, "secrets/readMetadata/action"),
            (.reader, "certificates/read"), (.reader, "keys/read"):
            true
        default: false
        }
    }
}
