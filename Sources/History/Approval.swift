import Foundation

/// That a person let a version through which the policy holds.
package struct Approval: Sendable, Codable, Hashable {
    package var certificate: String
    package var version: String
    package var actor: String
    package var reason: String?
    package var at: Date

    package init(
        certificate: String,
        version: String,
        actor: String,
        reason: String? = nil,
        at: Date
    ) {
        self.certificate = certificate
        self.version = version
        self.actor = actor
        self.reason = reason
        self.at = at
    }
}
