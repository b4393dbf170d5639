import Foundation

/// How it stands with one certificate's vault.
package struct PollRecord: Sendable, Codable, Hashable {
    package var certificate: String
    package var lastTryAt: Date
    package var lastSuccessAt: Date?
    package var consecutiveFailures: Int
    /// What the last try ended with; nil after a success.
    package var error: String?
    package var errorKind: String?
    /// The newest version that the vault has shown.
    package var latestVersion: String?
    package var nextPollAt: Date?

    package init(
        certificate: String,
        lastTryAt: Date,
        lastSuccessAt: Date? = nil,
        consecutiveFailures: Int = 0,
        error: String? = nil,
        errorKind: String? = nil,
        latestVersion: String? = nil,
        nextPollAt: Date? = nil
    ) {
        self.certificate = certificate
        self.lastTryAt = lastTryAt
        self.lastSuccessAt = lastSuccessAt
        self.consecutiveFailures = consecutiveFailures
        self.error = error
        self.errorKind = errorKind
        self.latestVersion = latestVersion
        self.nextPollAt = nextPollAt
    }
}
