import Foundation

/// A version as it was at its first fetch.
package struct VersionRecord: Sendable, Codable, Hashable {
    package var certificate: String
    package var version: String
    /// nil, like the facts below, where the secret could not be read as a certificate.
    package var thumbprint: String?
    package var sha256: String?
    package var subject: String?
    package var issuer: String?
    package var serialNumber: String?
    package var dnsNames: [String]
    package var keyType: String?
    package var notBefore: Date?
    package var notAfter: Date?
    package var contentType: String?
    package var fetchedAt: Date
    /// The SHA-256 of each file that it was written as, by file name, lower-case hex.
    package var files: [String: String]

    package init(
        certificate: String,
        version: String,
        thumbprint: String? = nil,
        sha256: String? = nil,
        subject: String? = nil,
        issuer: String? = nil,
        serialNumber: String? = nil,
        dnsNames: [String] = [],
        keyType: String? = nil,
        notBefore: Date? = nil,
        notAfter: Date? = nil,
        contentType: String? = nil,
        fetchedAt: Date,
        files: [String: String] = [:]
    ) {
        self.certificate = certificate
        self.version = version
        self.thumbprint = thumbprint
        self.sha256 = sha256
        self.subject = subject
        self.issuer = issuer
        self.serialNumber = serialNumber
        self.dnsNames = dnsNames
        self.keyType = keyType
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.contentType = contentType
        self.fetchedAt = fetchedAt
        self.files = files
    }
}
