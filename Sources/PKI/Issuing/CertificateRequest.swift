import Foundation

/// What a certificate is to say.
package struct CertificateRequest: Sendable {
    /// `CN=www.contoso.com,O=Contoso` after RFC 4514, or the common name alone.
    package var subject: String
    /// DNS names and IP addresses, in the order of the extension; empty leaves the extension out.
    package var dnsNames: [String]
    package var algorithm: KeyAlgorithm
    package var notBefore: Date
    package var notAfter: Date

    package init(
        subject: String,
        dnsNames: [String],
        algorithm: KeyAlgorithm,
        notBefore: Date,
        notAfter: Date
    ) {
        self.subject = subject
        self.dnsNames = dnsNames
        self.algorithm = algorithm
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}

/// A certificate with its key and those that vouch for it.
package struct IssuedCertificate: Sendable {
    package let key: PrivateKey
    package let certificateDER: [UInt8]
    /// The intermediate, then the root; empty for a self-signed certificate.
    package let chainDER: [[UInt8]]
    package let facts: CertificateFacts
}
