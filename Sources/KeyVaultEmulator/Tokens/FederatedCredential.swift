import PKI

/// Whose word counts for an application: a subject that another issuer vouches for.
package struct FederatedCredential: Sendable, Hashable {
    package let clientID: String
    package let issuer: String
    package let subject: String
    package let audience: String
    /// What the issuer signs with; the real authority fetches it from the issuer.
    package let key: PublicKey

    package init(
        clientID: String,
        issuer: String,
        subject: String,
        audience: String = "api://AzureADTokenExchange",
        key: PublicKey
    ) {
        self.clientID = clientID
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
        self.key = key
    }
}
