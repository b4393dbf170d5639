/// What keeps a credential from being used on this machine, found without asking anybody.
package struct CredentialProblem: Error, Sendable, Equatable {
    /// What was tried: `read client secret /etc/kvagent/secret`.
    package let operation: String
    package let cause: String
    package let hint: String?
}

extension Credential {
    /// What is wrong with the files that it names, here and now; what comes out of the environment
    /// is left to whom it is for.
    package func problem(in surroundings: IdentitySurroundings) -> CredentialProblem? {
        do throws(CredentialProblem) {
            switch self {
            case .managedIdentity, .environment, .azureCLI:
                return nil
            case .application(_, let proof):
                _ = try proof.evidence(in: surroundings)
            case .workloadIdentity(let identity):
                guard let file = identity.tokenFile else { return nil }
                _ = try ApplicationProof.tokenFile(file).evidence(in: surroundings)
            }
            return nil
        } catch {
            return error
        }
    }
}
