/// An application that another issuer vouches for: a pod of Kubernetes, a job of a CI system.
///
/// What is nil comes from the environment, where the webhook of Azure Workload Identity puts it.
package struct WorkloadIdentity: Sendable, Hashable {
    package let tenantID: String?
    package let clientID: String?
    /// The file with the issuer's token, which whoever put it there replaces before its end.
    package let tokenFile: String?

    package init(tenantID: String? = nil, clientID: String? = nil, tokenFile: String? = nil) {
        self.tenantID = tenantID
        self.clientID = clientID
        self.tokenFile = tokenFile
    }

    /// Which application it is, and what shows that.
    func resolved(
        in surroundings: IdentitySurroundings
    ) throws(CredentialProblem) -> (Application, ApplicationProof) {
        let name = "workload identity"
        try surroundings.checkAuthority(of: name)
        let application = Application(
            tenantID: try surroundings.value(tenantID, "tenantId", "AZURE_TENANT_ID", of: name),
            clientID: try surroundings.value(clientID, "clientId", "AZURE_CLIENT_ID", of: name)
        )
        let file = try surroundings.value(
            tokenFile,
            "tokenFile",
            "AZURE_FEDERATED_TOKEN_FILE",
            of: name
        )
        return (application, .tokenFile(file))
    }
}
