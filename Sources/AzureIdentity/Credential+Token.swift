import Foundation
import HTTP

extension Credential {
    /// A new token, asked for as often as the policy says; cancelling ends that at once.
    func token(
        for audience: String,
        over http: HTTPClient,
        through gate: IdentityGate,
        in surroundings: IdentitySurroundings,
        retrying policy: IdentityRetryPolicy,
        now: @escaping @Sendable () -> Date
    ) async throws(IdentityError) -> AccessToken {
        func client(
            _ application: Application,
            _ proof: ApplicationProof
        ) async throws(IdentityError) -> AccessToken {
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
        switch self {
        case .managedIdentity(let endpoint, let selector):
            let identity = try found(audience) { () throws(CredentialProblem) in
                try ManagedIdentity(
                    http: http,
                    gate: gate,
                    endpoint: endpoint,
                    selector: selector,
                    surroundings: surroundings,
                    now: now
                )
            }
            return try await policy.run { () async throws(TokenFailure) in
                try await identity.token(for: audience)
            }
        case .application(let application, let proof):
            return try await client(application, proof)
        case .workloadIdentity(let identity):
            let (application, proof) = try found(audience) { () throws(CredentialProblem) in
                try identity.resolved(in: surroundings)
            }
            return try await client(application, proof)
        case .azureCLI(let tenantID):
            let command = AzureCommand(tenantID: tenantID, surroundings: surroundings, now: now)
            return try await command.token(for: audience)
        case .environment:
            let (application, proof) = try found(audience) { () throws(CredentialProblem) in
                try EnvironmentIdentity.resolved(in: surroundings)
            }
            return try await client(application, proof)
        }
    }

    /// What the environment has; where it hasn't, asking again would not help.
    private func found<Value>(
        _ audience: String,
        _ find: () throws(CredentialProblem) -> Value
    ) throws(IdentityError) -> Value {
        do throws(CredentialProblem) {
            return try find()
        } catch {
            throw IdentityError(
                kind: .refused,
                description: "get token for \(audience): \(error.operation): \(error.cause)",
                hint: error.hint
            )
        }
    }
}
