import Foundation

/// What the history knows about what is live, and about what the vault offers, of one certificate.
package struct CertificateStanding: Sendable {
    /// The pin that was set last and that nobody has lifted, also when its end is past.
    package var pin: Pin?

    /// What is known of the live version; nil where it isn't on record.
    package var validity: Validity?

    /// The newest closed row of the live version, without its hook runs.
    package var lastOfCurrent: Deployment?

    /// The newest closed row of the version that the vault offers, without its hook runs.
    package var lastOfLatest: Deployment?

    /// What is to be known of the live version, to say what a policy says of it; nil where it isn't
    /// on record.
    package var live: LiveExamination?

    /// How a version is told from others, and when it is valid; all nil for what is no certificate.
    package struct Validity: Sendable {
        package var thumbprint: String?
        package var sha256: String?
        package var notBefore: Date?
        package var notAfter: Date?
    }

    package init() {}
}

/// Which versions of a certificate a ``CertificateStanding`` is wanted of.
package struct StandingQuestion: Sendable {
    package var certificate: String

    /// The live version.
    package var current: String?

    /// The version that the vault offers.
    package var latest: String?

    package init(certificate: String, current: String?, latest: String?) {
        self.certificate = certificate
        self.current = current
        self.latest = latest
    }
}
