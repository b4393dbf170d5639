import Foundation

/// What a vault says of a version of a certificate, without its key.
package struct CertificateVersion: Sendable, Hashable {
    /// 32 lower-case hexadecimal digits; the secret of the same name has the same.
    package let version: String
    /// SHA-1 of the certificate in upper-case hexadecimal digits, as Azure shows it.
    package let thumbprint: String?
    package let isEnabled: Bool
    package let notBefore: Date?
    package let expires: Date?
    package let created: Date?
    package let updated: Date?

    package init(
        version: String,
        thumbprint: String?,
        isEnabled: Bool,
        notBefore: Date?,
        expires: Date?,
        created: Date?,
        updated: Date?
    ) {
        self.version = version
        self.thumbprint = thumbprint
        self.isEnabled = isEnabled
        self.notBefore = notBefore
        self.expires = expires
        self.created = created
        self.updated = updated
    }
}
