/// One identity that tokens are issued to.
package struct ManagedIdentity: Sendable, Codable, Hashable {
    /// The application (client) id.
    package let clientID: String
    /// The object (principal) id.
    package let objectID: String
    /// The Azure resource id of a user-assigned identity.
    package let resourceID: String?

    package init(clientID: String, objectID: String, resourceID: String? = nil) {
        self.clientID = clientID
        self.objectID = objectID
        self.resourceID = resourceID
    }

    /// The system-assigned identity of the machine.
    package static let system = ManagedIdentity(
        clientID: "5a3b1c8e-0d41-4c52-9f1a-6f2f5d0c1a01",
        objectID: "c7e0c1de-6a55-4b0c-8e64-27b6b5a0d102"
    )
}
