import Foundation
import HTTP

extension Credential {
    /// A new token, asked for as often as the policy says; cancelling ends that at once.
    func token(
        for audience: String,
        over http: HTTPClient,
        in surroundings: IdentitySurroundings,
        retrying policy: IdentityRetryPolicy,
        now: @escaping @Sendable () -> Date
    ) async throws(IdentityError) -> AccessToken {
        switch self {
        case .managedIdentity(let endpoint, let selector):
            let identity = ManagedIdentity(
                http: http,
                endpoint: endpoint ?? .discovered(in: surroundings),
                selector: selector,
                arcKeys: surroundings.arcKeys,
                now: now
            )
            return try await policy.run { () async throws(TokenFailure) in
                try await identity.token(for: audience)
            }
        case .application(let application, let proof):
            let client = ClientCredentials(
                http: http,
                application: application,
                proof: proof,
                surroundings: surroundings,
                now: now
            )
            return try await policy.run { () async throws(TokenFailure) in
                try await client.token(for: audience)
            }
        }
    }
}
