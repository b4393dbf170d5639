/// What keeps a credential from being used on this machine, found without asking anybody.
package struct CredentialProblem: Error, Sendable, Equatable {
    /// What was tried: `read client secret /etc/kvagent/secret`.
    package let operation: String
    package let cause: String
    package let hint: String?
}

extension Credential {
    /// The first thing that is wrong with it here.
    package func problem(in surroundings: IdentitySurroundings) -> CredentialProblem? {
        switch self {
        case .managedIdentity: return nil
        case .application(_, let proof):
            do throws(CredentialProblem) {
                _ = try proof.evidence(in: surroundings)
                return nil
            } catch {
                return error
            }
        }
    }
}
