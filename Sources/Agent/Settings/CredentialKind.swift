/// The values of `credential`: what kvagent authenticates with.
enum CredentialKind: String, CaseIterable {
    case managedIdentity
    case clientSecret
    case clientCertificate
    case workloadIdentity
    case environment
    case azureCLI = "azureCli"

    /// The keys beside `credential` that mean something to it.
    var keys: [String] {
        switch self {
        case .managedIdentity: ["msiEndpoint", "msiClientId", "msiObjectId", "msiResourceId"]
        case .clientSecret: ["tenantId", "clientId", "clientSecretFile"]
        case .clientCertificate:
            ["tenantId", "clientId", "certificateFile", "sendCertificateChain"]
        case .workloadIdentity: ["tenantId", "clientId", "tokenFile"]
        case .environment: []
        case .azureCLI: ["tenantId"]
        }
    }

    /// All of them, for messages.
    static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
