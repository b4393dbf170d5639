import AzureIdentity
import HTTP
import KeyVault

/// Finds out the newest version of a secret with the least that the identity may read.
///
/// The certificate's public part is asked first, so that a private key crosses the wire only when
/// its version is new. An identity that may not read it (role "Key Vault Secrets User") or a
/// secret that is no certificate is remembered and asked for by the secret itself from then on.
package actor VaultWatcher {
    /// The newest version, with the secret where finding out already brought it along.
    package struct Newest: Sendable {
        package let version: String
        package let secret: Secret?
    }

    /// A vault as one identity sees it.
    private struct View: Hashable {
        let host: String
        let port: Int?
        let credential: Credential
    }

    private let http: HTTPClient
    private let tokens: TokenCache
    private let cloud: Cloud
    private var withoutCertificates: Set<View> = []
    private var plainSecrets: Set<SecretURL> = []

    package init(http: HTTPClient, tokens: TokenCache, cloud: Cloud) {
        self.http = http
        self.tokens = tokens
        self.cloud = cloud
    }

    /// The newest version of `url`; a versioned URL names it itself and costs no request.
    package func newest(
        _ url: SecretURL,
        as credential: Credential
    ) async throws(VaultError) -> Newest {
        if let version = url.version { return Newest(version: version, secret: nil) }
        let view = View(host: url.host, port: url.port, credential: credential)
        let client = client(credential)
        if !withoutCertificates.contains(view), !plainSecrets.contains(url) {
            do {
                let certificate = try await client.newestCertificate(url)
                if certificate.isEnabled {
                    return Newest(version: certificate.version, secret: nil)
                }
                // A disabled certificate still answers; its secret says 403 SecretDisabled, which
                // is what has to be reported.
            } catch  where error.isMissingRole {
                withoutCertificates.insert(view)
            } catch  where error.kind == .notFound {
                // The secret itself tells whether it is missing too.
            }
        }
        let secret = try await client.secret(url, version: nil)
        if !secret.isManaged { plainSecrets.insert(url) }
        return Newest(version: secret.version, secret: secret)
    }

    /// One version with its key.
    package nonisolated func secret(
        _ url: SecretURL,
        version: String,
        as credential: Credential
    ) async throws(VaultError) -> Secret {
        try await client(credential).secret(url, version: version)
    }

    private nonisolated func client(_ credential: Credential) -> VaultClient {
        VaultClient(http: http, tokens: tokens, credential: credential, cloud: cloud)
    }
}

extension VaultError {
    /// Whether the identity may not read this, as opposed to nothing here (a firewall, a token that
    /// the vault doesn't take): only that stays so until a role is granted.
    fileprivate var isMissingRole: Bool {
        kind == .denied && status == 403
            && !["ForbiddenByFirewall", "ForbiddenByConnection"].contains(innerCode)
    }
}
