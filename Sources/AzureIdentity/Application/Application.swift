/// An application that is registered with a tenant of Entra ID.
package struct Application: Sendable, Hashable {
    /// The tenant's id, or one of its domains.
    package let tenantID: String
    package let clientID: String

    package init(tenantID: String, clientID: String) {
        self.tenantID = tenantID
        self.clientID = clientID
    }

    /// Whether a text can be a tenant: it becomes a part of an address.
    package static func isTenant(_ text: String) -> Bool {
        // What Microsoft's libraries let pass, too. A lone dot would lead a URL up.
        !text.isEmpty && text.utf8.count <= 255 && text.contains { $0 != "." }
            && text.utf8.allSatisfy { isUnreserved($0) && $0 != 0x5F && $0 != 0x7E }
    }
}

/// How an application proves to be itself: where the proof is found, never the proof.
package enum ApplicationProof: Sendable, Hashable {
    /// A file, or the name of a credential that systemd passes to the service.
    case secretFile(String)
    /// A variable of the environment.
    case secretVariable(String)
    /// A file with the token of another issuer that the application trusts.
    case tokenFile(String)
    /// A PEM file with a certificate and its key.
    case certificateFile(String, sendsChain: Bool)
}
