/// What the history knows about what is live, and about what the vault offers, of one certificate.
package struct CertificateStanding: Sendable {
    /// The pin that was set last and that nobody has lifted, also when its end is past.
    package var pin: Pin?

    /// The newest closed row of the live version.
    package var lastOfCurrent: LastDeployment?

    /// The newest closed row of the version that the vault offers.
    package var lastOfLatest: LastDeployment?

    /// The live version and what a policy asks of it; nil where it isn't on record.
    package var live: LiveExamination?

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
