/// Where a running emulator is reached.
package struct EmulatorEndpoints: Sendable, Codable, Equatable {
    /// TLS: the vaults and the authority.
    package let vaultPort: Int
    /// Plain HTTP: the identity endpoint (IMDS).
    package let identityPort: Int
    /// Plain HTTP: the administration.
    package let adminPort: Int
    /// The root certificate that clients must trust, PEM.
    package let caFile: String

    /// A vault's address; any name will do.
    package func vaultURL(_ vault: String) -> String {
        "https://\(vault).vault.localhost:\(vaultPort)"
    }

    /// The address of a secret or a certificate's secret, as settings name it.
    package func secretURL(_ vault: String, _ name: String) -> String {
        vaultURL(vault) + "/secrets/" + name
    }

    /// What takes the place of `http://169.254.169.254/metadata/identity`.
    package var identityEndpoint: String { "http://127.0.0.1:\(identityPort)/metadata/identity" }

    /// What App Service calls `IDENTITY_ENDPOINT`.
    package var appServiceEndpoint: String { "http://127.0.0.1:\(identityPort)/msi/token" }

    /// The administration's address.
    package var adminURL: String { "http://127.0.0.1:\(adminPort)" }

    /// The authority's address.
    package var authorityHost: String { "https://login.localhost:\(vaultPort)" }

    /// The tenant that every application here is registered with.
    package var tenantID: String { TokenAuthority.tenant }

    /// What the settings' `cloud` must be to reach this emulator.
    package var cloudSettings: CloudSettings {
        CloudSettings(
            vaultSuffix: "vault.localhost",
            audience: "https://vault.localhost:\(vaultPort)",
            authorityHost: authorityHost,
            caBundle: caFile
        )
    }

    /// A cloud as settings describe one.
    package struct CloudSettings: Sendable, Codable, Equatable {
        package let vaultSuffix: String
        /// With the port, as a challenge names it; tokens without the port are taken as well.
        package let audience: String
        package let authorityHost: String
        package let caBundle: String
    }

    /// The name of the file in the state folder that holds this as JSON while the emulator runs.
    package static let fileName = "endpoints.json"
}
