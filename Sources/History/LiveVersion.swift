import Foundation

/// What was live of one certificate at one moment, as far as the ledger knows.
package struct LiveVersion: Sendable, Hashable {
    package var certificate: String

    /// nil where nothing was live.
    package var version: String?

    /// nil, like the three after it, for a version that was never fetched or is no certificate.
    package var thumbprint: String?
    package var sha256: String?
    package var notBefore: Date?
    package var notAfter: Date?

    /// When it was made live; nil, like the rest, where that was before the history began.
    package var since: Date?
    package var trigger: Trigger?
    package var actor: String?
    package var reason: String?
    package var runID: String?

    package init(certificate: String) {
        self.certificate = certificate
    }

    /// Whether its validity had ended by `moment`; nil where nothing was live, or nobody knows.
    package func isExpired(at moment: Date) -> Bool? {
        notAfter.map { $0 <= moment }
    }
}
