import Foundation
import Sensitive

/// A version of a secret with its value: for a certificate, the certificate and its key.
package struct Secret: Sendable {
    /// 32 lower-case hexadecimal digits.
    package let version: String
    /// The text as the vault gave it: base64 of a PFX, or PEM.
    package let value: SensitiveBytes
    /// `application/x-pkcs12` or `application/x-pem-file`; whatever somebody wrote, for others.
    package let contentType: String?
    package let isEnabled: Bool
    package let notBefore: Date?
    package let expires: Date?
    package let created: Date?
    package let updated: Date?
    /// Whether the vault keeps it for a certificate.
    package let isManaged: Bool
    /// Whether a key belongs to it, exportable or not.
    package let hasKey: Bool

    package init(
        version: String,
        value: SensitiveBytes,
        contentType: String?,
        isEnabled: Bool,
        notBefore: Date?,
        expires: Date?,
        created: Date?,
        updated: Date?,
        isManaged: Bool,
        hasKey: Bool
    ) {
        self.version = version
        self.value = value
        self.contentType = contentType
        self.isEnabled = isEnabled
        self.notBefore = notBefore
        self.expires = expires
        self.created = created
        self.updated = updated
        self.isManaged = isManaged
        self.hasKey = hasKey
    }
}
