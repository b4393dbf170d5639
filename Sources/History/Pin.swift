import Foundation

/// A hold of a certificate on one version.
package struct Pin: Sendable, Codable, Hashable {
    package var certificate: String
    package var version: String
    package var reason: String?
    package var actor: String
    package var at: Date
    /// When it ends by itself; nil: not before somebody lifts it.
    package var until: Date?

    package init(
        certificate: String,
        version: String,
        reason: String? = nil,
        actor: String,
        at: Date,
        until: Date? = nil
    ) {
        self.certificate = certificate
        self.version = version
        self.reason = reason
        self.actor = actor
        self.at = at
        self.until = until
    }

    /// Whether it holds at `now`; at the very moment of `until` it no longer does.
    package func holds(at now: Date) -> Bool {
        until.map { now < $0 } ?? true
    }
}
