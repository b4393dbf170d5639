import AzureIdentity
import KeyVault

/// A vault as one identity sees it.
struct VaultView: Hashable, Sendable {
    let host: String
    let port: Int?
    let credential: Credential

    init(_ url: SecretURL, as credential: Credential) {
        host = url.host
        port = url.port
        self.credential = credential
    }
}
