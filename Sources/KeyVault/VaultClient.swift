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
    private let gates: VaultGates

    package init(
        http: HTTPClient,
        tokens: TokenCache,
        credential: Credential,
        cloud: Cloud,
        gates: VaultGates
    ) {
        self.http = http
        self.tokens = tokens
        self.credential = credential
        self.cloud = cloud
        self.gates = gates
    }

    /// The newest version of a certificate, without its key.
    package func newestCertificate(
        _ url: SecretURL
    ) async throws(VaultError) -> CertificateVersion {
        let read = Reading.certificate(url)
        let response = try await answer(to: read)
        do throws(MalformedAnswer) {
            return try CertificateVersion(response, of: read.object)
        } catch {
            throw read.malformed(response, error.reason)
        }
    }

    /// The vault's certificates, up to `limit` pages of 25 of them.
    ///
    /// - Parameters:
    ///   - url: Any secret of the vault.
    ///   - limit: After how many pages to stop, 1 at least.
    /// - Returns: What was listed, in part where the list is longer.
    /// - Throws: For a page that can't be had or used; what came before it is lost.
    package func certificates(
        of url: SecretURL,
        pages limit: Int
    ) async throws(VaultError) -> CertificateList {
        var read = Reading(
            operation: "list certificates",
            role: "Key Vault Certificate User",
            url: url,
            object: ObjectID(host: url.host, collection: "certificates", name: "", version: nil),
            query: "\(Self.apiVersion)&maxresults=25"
        )
        var list = CertificateList()
        repeat {
            let response = try await answer(to: read)
            do throws(MalformedAnswer) {
                let page = try CertificatePage(response, of: url)
                list.add(page)
                read.query = page.next
            } catch {
                throw read.malformed(response, error.reason)
            }
        } while !list.isWhole && list.pages < limit
        return list
    }

    /// A version of a secret with its value; the newest when `version` is nil.
    package func secret(_ url: SecretURL, version: String?) async throws(VaultError) -> Secret {
        let read = Reading.secret(url, version: version)
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

    /// The answer 200, after as many tries as the vault's gate allows.
    private func answer(to read: Reading) async throws(VaultError) -> HTTPResponse {
        let gate = gates.gate(host: read.url.host, port: read.url.port)
        let firstTry = ContinuousClock.now
        var earliest = firstTry
        var failures: [VaultError] = []
        while true {
            let entry: VaultPace.Entry
            switch await gate.enter(notBefore: earliest) {
            case .entered(let place): entry = place
            case .refused(let trouble, let rest):
                throw failures.last ?? read.spared(trouble, rest: rest)
            case .cancelled: throw failures.last ?? read.failure(.unreachable, cause: "cancelled")
            }
            do throws(Attempt) {
                let response = try await attempt(read)
                await gate.answered(entry)
                return response
            } catch {
                failures.append(error.failure)
                guard error.isTransient else {
                    // The vault is well if it says no; anything else tells nothing about it.
                    if error.failure.status != nil {
                        await gate.answered(entry)
                    } else {
                        await gate.left(entry)
                    }
                    throw error.failure
                }
                let failure = VaultPace.Failure(
                    read,
                    error: error.failure,
                    count: failures.count,
                    firstTry: firstTry
                )
                guard let moment = await gate.failed(entry, failure) else { throw error.failure }
                earliest = moment
            }
        }
    }

    /// One try that failed.
    private struct Attempt: Error {
        let failure: VaultError
        let isTransient: Bool
    }

    /// The answer 200 to one try; a token that is not accepted is replaced once.
    private func attempt(_ read: Reading) async throws(Attempt) -> HTTPResponse {
        var mayRefreshToken = true
        while true {
            let token: AccessToken
            do throws(VaultError) {
                token = try await self.token(for: read)
            } catch {
                throw Attempt(failure: error, isTransient: false)
            }
            let refusal: VaultError
            do throws(HTTPError) {
                let response = try await http.send(request(read, token))
                if response.status == 200 { return response }
                if response.status == 401, mayRefreshToken {
                    // It may have been revoked, or be older than a change of roles: once, a new one.
                    mayRefreshToken = false
                    await tokens.discard(token, for: cloud.audience, of: credential)
                    continue
                }
                refusal = read.refused(response)
            } catch let failure {
                let kind: VaultError.Kind =
                    failure.kind == .tooLarge || failure.kind == .malformed
                    ? .malformed : .unreachable
                let error = read.failure(kind, cause: failure.detail)
                throw Attempt(failure: error, isTransient: failure.isTransient)
            }
            throw Attempt(failure: refusal, isTransient: refusal.isTransient)
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
        let object = read.object
        let address =
            object.name.isEmpty
            ? read.url.address(of: object.collection)
            : read.url.address(in: object.collection, version: object.version)
        return HTTPRequest(
            .get,
            "\(address)?\(read.query ?? Self.apiVersion)",
            fields: [
                HTTPField("Authorization", sensitive: value),
                HTTPField("Accept", "application/json"),
            ],
            limits: Self.limits
        )
    }

    private static let apiVersion = "api-version=7.4"

    /// A secret holds 25 KB at most, and a certificate's answer not much more: the rest is room.
    private static let limits = HTTPLimits(
        connect: .seconds(10),
        total: .seconds(30),
        stall: .seconds(15),
        bodyBytes: 256 << 10,
        headerBytes: 32 << 10
    )
}
