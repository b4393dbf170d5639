/// An application that the environment names, with its secret or its certificate, as
/// azure-identity's `EnvironmentCredential` has it.
enum EnvironmentIdentity {
    /// Which application it is, and what shows that; a secret comes before a certificate.
    static func resolved(
        in surroundings: IdentitySurroundings
    ) throws(CredentialProblem) -> (Application, ApplicationProof) {
        let name = "application"
        try surroundings.checkAuthority(of: name)
        let application = Application(
            tenantID: try surroundings.value(nil, nil, "AZURE_TENANT_ID", of: name),
            clientID: try surroundings.value(nil, nil, "AZURE_CLIENT_ID", of: name)
        )
        let environment = surroundings.environment
        let secret = "AZURE_CLIENT_SECRET"
        if environment[secret].map({ !$0.isEmpty }) == true {
            return (application, .secretVariable(secret))
        }
        guard let file = environment["AZURE_CLIENT_CERTIFICATE_PATH"], !file.isEmpty else {
            throw CredentialProblem(
                operation: "read environment of \(name)",
                cause: "neither \(secret) nor AZURE_CLIENT_CERTIFICATE_PATH is set",
                hint: "set one of them for the service"
            )
        }
        guard environment["AZURE_CLIENT_CERTIFICATE_PASSWORD"].map(\.isEmpty) ?? true else {
            throw CredentialProblem(
                operation: "read client certificate \(file)",
                cause: "a key with a password is not read",
                hint: "take the password off: openssl pkey -in \(file) -out NEWFILE"
            )
        }
        let sendsChain = environment["AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"]?.lowercased()
        return (
            application,
            .certificateFile(file, sendsChain: ["1", "true"].contains(sendsChain))
        )
    }
}
