/// What is to be looked at: whether a server serves a version of a certificate.
struct VerificationOrder: Sendable {
    let certificate: ObservedCertificate
    let version: String
    let verification: Verification

    /// Whether a server that isn't there can be excused, since the certificate never was either.
    var isFirstVersion = false
}
