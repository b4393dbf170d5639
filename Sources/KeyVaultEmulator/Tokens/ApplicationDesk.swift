/// Finds out whether who asks the authority for a token is the application that it says.
struct ApplicationDesk: Sendable {
    let configuration: EmulatorConfiguration
    /// The authority's own host and port.
    let host: String
    let now: Int

    /// Throws what is wrong with the proof in a form.
    func check(_ form: [String: String], of client: String) throws(AuthorityRefusal) {
        guard configuration.knows(client: client) else {
            throw AuthorityRefusal(
                "unauthorized_client",
                700_016,
                "Application with identifier '\(client)' was not found in the directory "
                    + "'Emulated'. This can happen if the application has not been installed by "
                    + "the administrator of the tenant or consented to by any user in the tenant."
            )
        }
        guard let assertion = form["client_assertion"] else {
            return try check(secret: form["client_secret"] ?? "", of: client)
        }
        guard form["client_assertion_type"] == Self.assertionType else {
            throw AuthorityRefusal(
                "invalid_request",
                900_144,
                "The request body must contain the following parameter: 'client_assertion_type'."
            )
        }
        guard let token = SignedToken(assertion) else {
            throw .client(50_027, "JWT token is invalid or malformed.")
        }
        guard token.claims["iss"]?.string == client else {
            return try check(federated: token, of: client)
        }
        let base = "https://\(host)/\(TokenAuthority.tenant)"
        try ClientAssertionCheck(
            certificates: configuration.clientCertificates[client] ?? [],
            client: client,
            audiences: ["\(base)/oauth2/v2.0/token", "\(base)/v2.0"],
            now: now
        ).check(token)
    }

    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

    private func check(secret: String, of client: String) throws(AuthorityRefusal) {
        let isRight =
            configuration.hasNoApplications
            ? !secret.isEmpty : configuration.clients[client] == secret
        guard !isRight else { return }
        throw .client(
            7_000_215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the "
                + "client secret value, not the client secret ID, for a secret added to app "
                + "'\(client)'."
        )
    }

    /// A token of another issuer: who vouches, for whom, to whom, in this order.
    private func check(
        federated token: SignedToken,
        of client: String
    ) throws(AuthorityRefusal) {
        let issuer = token.claims["iss"]?.string ?? ""
        let subject = token.claims["sub"]?.string ?? ""
        let none = "No matching federated identity record found for presented assertion"
        var known = configuration.federations.filter {
            $0.clientID.lowercased() == client.lowercased() && $0.issuer == issuer
        }
        guard !known.isEmpty else { throw .client(700_211, "\(none) issuer '\(issuer)'.") }
        known = known.filter { $0.subject == subject }
        guard !known.isEmpty else { throw .client(700_213, "\(none) subject '\(subject)'.") }
        known = known.filter { token.audiences.contains($0.audience) }
        guard !known.isEmpty else {
            let audience = token.audiences.joined(separator: ", ")
            throw .client(700_212, "\(none) audience '\(audience)'.")
        }
        guard known.contains(where: { token.isSigned(by: $0.key) }) else {
            throw .client(50_013, "Assertion failed signature validation.")
        }
        guard token.isValid(at: now) else {
            throw .client(700_024, "Client assertion is not within its valid time range.")
        }
    }
}
