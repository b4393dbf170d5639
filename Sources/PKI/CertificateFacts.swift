import Foundation
import Sensitive

/// What a certificate says of itself, as plain values.
package struct CertificateFacts: Sendable, Hashable {
    /// One line after RFC 4514 (`CN=www.contoso.com,O=Contoso`), UTF-8, control characters escaped.
    package var subject: String
    /// The issuer's name, written as `subject` is.
    package var issuer: String
    /// Upper-case hexadecimal, as Key Vault shows it.
    package var serialNumber: String
    package var notBefore: Date
    package var notAfter: Date
    /// The DNS names of the subject alternative name, in lower case, and its IP addresses as text,
    /// in the certificate's order; empty without the extension.
    ///
    /// A byte that has no place in a name (a space, a control character) is shown as `?`, so that
    /// the names can be joined by spaces.
    package var dnsNames: [String]
    /// `RSA 2048`, `EC P-256`.
    package var keyType: String
    /// How long the public key is; 0 for one that OpenSSL can't read.
    package var keyBits: Int
    /// SHA-256 over the public key in DER (SubjectPublicKeyInfo), lower-case hexadecimal: two
    /// certificates with the same one have the same key.
    package var publicKeySha256: String
    /// What the issuer signed with, as OpenSSL names it: `sha256WithRSAEncryption`.
    package var signatureAlgorithm: String
    /// The hash that was signed, as OpenSSL names it in short: `SHA256`; nil where the algorithm
    /// has none of its own (Ed25519) or is unknown.
    package var signatureDigest: String?
    /// SHA-1 over the DER, upper-case hexadecimal, as Azure shows it.
    package var thumbprint: String
    /// SHA-256 over the DER, lower-case hexadecimal.
    package var sha256: String
    /// Whether subject and issuer are the same name; it says nothing about the signature.
    package var isSelfIssued: Bool
    /// Whether the certificate may sign others (basicConstraints CA:TRUE).
    package var isAuthority: Bool
}

extension CertificateFacts {
    /// The facts of one certificate in DER.
    package init(der: [UInt8]) throws(CertificateError) {
        self = try ErrorQueue.isolated { () throws(CertificateError) in
            try CertificateHandle(der: der).facts()
        }
    }

    /// The facts of the first certificate of a PEM text.
    package init(pem: String) throws(CertificateError) {
        self = try ErrorQueue.isolated { () throws(CertificateError) in
            let contents = try SecretContents(pem: SensitiveBytes(copying: Array(pem.utf8)))
            guard let first = contents.certificates.first else { throw .noCertificate }
            return try first.facts()
        }
    }
}
