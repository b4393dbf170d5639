/// Which of a machine's identities is meant.
package enum IdentitySelector: Sendable, Hashable {
    /// The system-assigned one; where there is none but exactly one user-assigned, Azure takes that.
    case system
    case clientID(String)
    case objectID(String)
    /// The full resource path, `/subscriptions/…`.
    case resourceID(String)

    /// The setting that names it, for messages; a certificate's `authenticationOverride` has it, too.
    var setting: String {
        switch self {
        case .system: "authenticationSettings"
        case .clientID: "msiClientId"
        case .objectID: "authenticationSettings.msiObjectId"
        case .resourceID: "authenticationSettings.msiResourceId"
        }
    }
}

/// A way to prove who we are.
package enum Credential: Sendable, Hashable {
    /// The machine's own identity; without an endpoint, from the one that this machine has.
    case managedIdentity(IdentityEndpoint?, IdentitySelector)
    /// An application of Entra ID.
    case application(Application, ApplicationProof)
    case workloadIdentity(WorkloadIdentity)
    /// An application that the environment names.
    case environment
    /// Whoever is logged in to Azure's command line, in a tenant or in the one that is chosen there.
    case azureCLI(tenantID: String?)
}
