import Foundation

/// A hook that must still run for a version that is live.
package struct OwedHook: Sendable, Codable, Hashable {
    package var certificate: String
    package var version: String
    /// "check", "deploy", "reload", "verify" or "failure".
    package var phase: String
    package var hook: String
    package var since: Date
    package var attempts: Int

    package init(
        certificate: String,
        version: String,
        phase: String,
        hook: String,
        since: Date,
        attempts: Int = 0
    ) {
        self.certificate = certificate
        self.version = version
        self.phase = phase
        self.hook = hook
        self.since = since
        self.attempts = attempts
    }
}
