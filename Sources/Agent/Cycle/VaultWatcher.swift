import AzureIdentity
import HTTP
import KeyVault

/// Finds out the newest version of a secret with the least that the identity may read, and with
/// few requests.
///
/// The certificate's public part is asked first, so that a private key crosses the wire only when
/// its version is new. An identity that may not read it (role "Key Vault Secrets User") or a
/// secret that is no certificate is remembered and asked for by the secret itself for a day: a
/// role that is granted later is used from then on, at the latest. Of many certificates that have
/// not changed, a list of the vault may tell so: see ``ListHints``.
package actor VaultWatcher {
    /// The newest version, with the secret where finding out already brought it along.
    package struct Newest: Sendable {
        package let version: String
        package let secret: Secret?
    }

    private let http: HTTPClient
    private let tokens: TokenCache
    private let cloud: Cloud
    private let gates: VaultGates
    private var withCertificates: Set<VaultView> = []
    /// Since when it is known that this is so.
    private var withoutCertificates: [VaultView: ContinuousClock.Instant] = [:]
    private var plainSecrets: [SecretURL: ContinuousClock.Instant] = [:]
    private var hints: ListHints

    /// For how long what was learnt from a refusal is taken for true.
    static let memory: Duration = .seconds(86_400)

    package init(
        http: HTTPClient,
        tokens: TokenCache,
        cloud: Cloud,
        gates: VaultGates,
        splay: Splay
    ) {
        self.http = http
        self.tokens = tokens
        self.cloud = cloud
        self.gates = gates
        hints = ListHints(splay)
    }

    /// A pass begins: vaults that refused in the last one are tried again.
    package nonisolated func beginPass() async {
        await gates.beginPass()
    }

    /// Prepares for asking for `urls`, all of one vault and as one identity: looks at the vault's
    /// list where that saves requests.
    ///
    /// - Returns: Whether nothing is known yet of what the identity may read: then one of them
    ///   should be asked for first, so that not each of them has to be refused.
    package func prepare(
        _ urls: [SecretURL],
        as credential: Credential,
        now: ContinuousClock.Instant = .now
    ) async -> Bool {
        guard let url = urls.first else { return false }
        let view = VaultView(url, as: credential)
        if isKnown(withoutCertificates[view], at: now) { return false }
        guard withCertificates.contains(view) else { return true }
        let subjects = urls.filter { $0.version == nil }
            .map { ListHints.Subject($0, as: credential) }
        let candidates = hints.candidates(subjects, at: now)
        let pages = hints.pages(for: candidates.count, of: view, at: now)
        guard pages > 0 else { return false }
        do {
            let list = try await client(credential).certificates(of: url, pages: pages)
            hints.note(list, of: view, for: candidates, at: now)
        } catch  where error.isMissingRole || error.kind == .malformed {
            hints.noteUseless(view, at: now)
        } catch {
            // What keeps the list from being read shows when they are asked for singly.
        }
        return false
    }

    /// The newest version of `url`; a versioned URL names it itself and costs no request.
    package func newest(
        _ url: SecretURL,
        as credential: Credential,
        now: ContinuousClock.Instant = .now
    ) async throws(VaultError) -> Newest {
        if let version = url.version { return Newest(version: version, secret: nil) }
        let subject = ListHints.Subject(url, as: credential)
        if let version = hints.take(subject) { return Newest(version: version, secret: nil) }
        let view = subject.view
        let client = client(credential)
        var disabledVersion: String?
        if !isKnown(withoutCertificates[view], at: now), !isKnown(plainSecrets[url], at: now) {
            do {
                let certificate = try await client.newestCertificate(url)
                withCertificates.insert(view)
                if certificate.isEnabled {
                    hints.note(certificate, of: subject, at: now)
                    return Newest(version: certificate.version, secret: nil)
                }
                // A disabled certificate still answers; its secret says 403 SecretDisabled, which
                // is what has to be reported.
                disabledVersion = certificate.version
                hints.forget(subject)
            } catch  where error.isMissingRole {
                withCertificates.remove(view)
                withoutCertificates[view] = now
                hints.forget(subject)
            } catch  where error.kind == .notFound {
                // The secret itself tells whether it is missing too.
                withCertificates.insert(view)
                hints.forget(subject)
            } catch {
                hints.forget(subject)
                throw error
            }
        }
        let secret: Secret
        do {
            secret = try await client.secret(url, version: nil)
        } catch {
            throw error.naming(disabledVersion: disabledVersion)
        }
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
    /// the vault doesn't take) and to what is just being deleted: only that stays so until a role is
    /// granted.
    fileprivate var isMissingRole: Bool {
        kind == .denied && status == 403
            && !["AccessDenied", "ForbiddenByFirewall", "ForbiddenByConnection"].contains(innerCode)
    }
}
