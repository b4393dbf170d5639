import AzureIdentity
import HTTP
import KeyVault

/// Finds out the newest version of a secret with the least that the identity may read.
///
/// The certificate's public part is asked first, so that a private key crosses the wire only when
/// its version is new. An identity that may not read it (role "Key Vault Secrets User") or a
/// secret that is no certificate is remembered and asked for by the secret itself for a day: a
/// role that is granted later is used from then on, at the latest.
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
    private let gates: VaultGates
    /// Since when it is known that this is so.
    private var withoutCertificates: [View: ContinuousClock.Instant] = [:]
    private var plainSecrets: [SecretURL: ContinuousClock.Instant] = [:]

    /// For how long what was learnt from a refusal is taken for true.
    static let memory: Duration = .seconds(86_400)

    package init(http: HTTPClient, tokens: TokenCache, cloud: Cloud, gates: VaultGates) {
        self.http = http
        self.tokens = tokens
        self.cloud = cloud
        self.gates = gates
    }

    /// A pass begins: vaults that refused in the last one are tried again.
    package nonisolated func beginPass() async {
        await gates.beginPass()
    }

    /// The newest version of `url`; a versioned URL names it itself and costs no request.
    package func newest(
        _ url: SecretURL,
        as credential: Credential,
        now: ContinuousClock.Instant = .now
    ) async throws(VaultError) -> Newest {
        if let version = url.version { return Newest(version: version, secret: nil) }
        let view = View(host: url.host, port: url.port, credential: credential)
        let client = client(credential)
        if !isKnown(withoutCertificates[view], at: now), !isKnown(plainSecrets[url], at: now) {
            do {
                let certificate = try await client.newestCertificate(url)
                if certificate.isEnabled {
                    return Newest(version: certificate.version, secret: nil)
                }
                // A disabled certificate still answers; its secret says 403 SecretDisabled, which
                // is what has to be reported.
            } catch  where error.isMissingRole {
                withoutCertificates[view] = now
            } catch  where error.kind == .notFound {
                // The secret itself tells whether it is missing too.
            }
        }
        let secret = try await client.secret(url, version: nil)
        if secret.isManaged {
            plainSecrets[url] = nil
        } else if !isKnown(plainSecrets[url], at: now) {
            plainSecrets[url] = now
        }
        return Newest(version: secret.version, secret: secret)
    }

    private func isKnown(
        _ since: ContinuousClock.Instant?,
        at now: ContinuousClock.Instant
    ) -> Bool {
        since.map { $0.duration(to: now) < Self.memory } ?? false
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
        VaultClient(http: http, tokens: tokens, credential: credential, cloud: cloud, gates: gates)
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
