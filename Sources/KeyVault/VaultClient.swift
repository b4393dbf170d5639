import AzureIdentity
import Foundation
import HTTP
import Sensitive

/// Reads secrets and certificates from the vaults of one cloud, as one identity.
package struct VaultClient: Sendable {
    private let http: HTTPClient
    private let tokens: TokenCache
    private let credential: Credential
    private let cloud: Cloud
    private let retryPolicy: RetryPolicy

    package init(
        http: HTTPClient,
        tokens: TokenCache,
        credential: Credential,
        cloud: Cloud,
        retryPolicy: RetryPolicy = .standard
    ) {
        self.http = http
        self.tokens = tokens
        self.credential = credential
        self.cloud = cloud
        self.retryPolicy = retryPolicy
    }

    /// The newest version of a certificate, without its key.
    package func newestCertificate(
        _ url: SecretURL
    ) async throws(VaultError) -> CertificateVersion {
        let read = Reading(
            operation: "read certificate",
            // A secret's reader may not read certificates, but a certificate's may read its secret.
            role: "Key Vault Certificate User",
            url: url,
            object: ObjectID(
                host: url.host,
                collection: "certificates",
                name: url.name,
                version: nil
            )
        )
        let response = try await answer(to: read)
        do throws(MalformedAnswer) {
            return try CertificateVersion(response, of: read.object)
        } catch {
            throw read.malformed(response, error.reason)
        }
    }

    /// A version of a secret with its value; the newest when `version` is nil.
    package func secret(_ url: SecretURL, version: String?) async throws(VaultError) -> Secret {
        let read = Reading(
            operation: "read secret",
            role: "Key Vault Secrets User",
            url: url,
            object: ObjectID(
                host: url.host,
                collection: "secrets",
                name: url.name,
                version: version.flatMap(canonicalVersion)
            )
        )
        guard version == nil || read.object.version != nil else {
            throw read.failure(.rejected, cause: "its version is not 32 hexadecimal digits")
        }
        let response = try await answer(to: read)
        do throws(MalformedAnswer) {
            return try Secret(response, of: read.object)
        } catch {
            throw read.malformed(response, error.reason)
        }
    }

    /// The answer 200, after as many tries as the policy allows.
    private func answer(to read: Reading) async throws(VaultError) -> HTTPResponse {
        var failures = 0
        var mayRefreshToken = true
        while true {
            let token = try await token(for: read)
            let error: VaultError
            let isTransient: Bool
            do throws(HTTPError) {
                let response = try await http.send(request(read, token))
                if response.status == 200 { return response }
                if response.status == 401, mayRefreshToken {
                    // It may have been revoked, or be older than a change of roles: once, a new one.
                    mayRefreshToken = false
                    await tokens.discard(token, for: cloud.audience, of: credential)
                    continue
                }
                error = read.refused(response)
                isTransient = error.kind == .throttled || error.kind == .serverError
            } catch let failure {
                let kind: VaultError.Kind =
                    failure.kind == .tooLarge || failure.kind == .malformed
                    ? .malformed : .unreachable
                error = read.failure(kind, cause: failure.detail)
                isTransient = failure.isTransient
            }
            failures += 1
            guard isTransient, await waits(after: failures, error.retryAfter) else { throw error }
        }
    }

    /// Waits as the policy says; false when it says no, or when the task is cancelled.
    private func waits(after failures: Int, _ retryAfter: Duration?) async -> Bool {
        let delay = retryPolicy.delay(
            failures: failures,
            retryAfter: retryAfter,
            chance: Double.random(in: 0...1)
        )
        guard let delay else { return false }
        do {
            try await Task.sleep(for: delay)
            return true
        } catch {
            return false
        }
    }

    /// A token, but only for a vault of the cloud.
    ///
    /// A `SecretURL` may have been made for another cloud, so this is asked again here.
    private func token(for read: Reading) async throws(VaultError) -> AccessToken {
        guard cloud.holds(host: read.url.host) else {
            throw read.failure(
                .rejected,
                cause: "the host is not a vault of the cloud \(cloud.name)"
            )
        }
        do throws(IdentityError) {
            return try await tokens.token(for: cloud.audience, using: credential)
        } catch {
            throw read.failure(.identity, cause: error.description, hint: error.hint)
        }
    }

    private func request(_ read: Reading, _ token: AccessToken) -> HTTPRequest {
        let prefix = Array("Bearer ".utf8)
        let value = unsafe SensitiveBytes(
            capacity: prefix.count + token.secret.count
        ) { memory in
            unsafe memory.copyBytes(from: prefix)
            unsafe token.secret.withUnsafeBytes { bytes in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[prefix.count...])
                unsafe rest.copyMemory(from: bytes)
            }
            return memory.count
        }
        let address = read.url.address(in: read.object.collection, version: read.object.version)
        return HTTPRequest(
            .get,
            "\(address)?api-version=7.4",
            fields: [
                HTTPField("Authorization", sensitive: value),
                HTTPField("Accept", "application/json"),
            ],
            limits: Self.limits
        )
    }

    /// A secret holds 25 KB at most, and a certificate's answer not much more: the rest is room.
    private static let limits = HTTPLimits(
        connect: .seconds(10),
        total: .seconds(30),
        stall: .seconds(15),
        bodyBytes: 256 << 10,
        headerBytes: 32 << 10
    )
}
