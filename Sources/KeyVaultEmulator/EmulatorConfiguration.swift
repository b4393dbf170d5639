/// How an emulator starts.
package struct EmulatorConfiguration: Sendable {
    /// Where it keeps its state; made where there is none.
    package var stateDirectory: String
    /// The TLS port of the vaults and of the authority; 0 lets the kernel choose.
    package var vaultPort: Int
    /// The plain port of the identity endpoint (IMDS); 0 lets the kernel choose.
    package var identityPort: Int
    /// The plain port of the administration; 0 lets the kernel choose.
    package var adminPort: Int
    /// The user-assigned identities of the machine that the emulator stands for.
    package var identities: [ManagedIdentity]
    /// Whether the machine has a system-assigned identity as well.
    package var hasSystemIdentity: Bool
    /// Makes the identity endpoint that of Azure Arc, which wants to see a key out of here.
    package var arcKeys: ArcKeyPlace?
    /// What App Service's endpoint wants to see; without it there is no such endpoint.
    package var appServiceHeader: String?
    /// The applications that may ask the authority for a token: client id to secret.
    ///
    /// Without any application at all: any client id with any secret but an empty one.
    package var clients: [String: String]
    /// The certificates that applications may show, by client id.
    package var clientCertificates: [String: [RegisteredCertificate]]
    /// Whose tokens speak for applications.
    package var federations: [FederatedCredential]
    /// What can also be changed while it runs.
    package var behaviour: EmulatorBehaviour

    package init(
        stateDirectory: String,
        vaultPort: Int = 0,
        identityPort: Int = 0,
        adminPort: Int = 0
    ) {
        self.stateDirectory = stateDirectory
        self.vaultPort = vaultPort
        self.identityPort = identityPort
        self.adminPort = adminPort
        identities = []
        hasSystemIdentity = true
        arcKeys = nil
        appServiceHeader = nil
        clients = [:]
        clientCertificates = [:]
        federations = []
        behaviour = EmulatorBehaviour()
    }

    /// Whether nobody is registered, and so everybody counts as it.
    var hasNoApplications: Bool {
        clients.isEmpty && clientCertificates.isEmpty && federations.isEmpty
    }

    func knows(client: String) -> Bool {
        hasNoApplications || clients[client] != nil
            || clientCertificates[client] != nil
            || federations.contains { $0.clientID.lowercased() == client.lowercased() }
    }
}
