/// Why a secret does not give a certificate with its key.
///
/// No case carries bytes of the secret: the texts are constant phrases, counts and OpenSSL's
/// reasons, so an error may be logged.
package enum CertificateError: Error, Sendable, Equatable {
    /// A plain secret: neither its content type nor its content is PKCS#12 or a PEM certificate.
    case notACertificate(String)
    case tooLarge(Int)
    case badBase64
    case badPKCS12(String)
    case wrongPassword
    /// The file is encrypted in a way that only OpenSSL's legacy provider reads.
    case legacyProviderMissing(String)
    case badPEM(String)
    case badCertificate(String)
    /// A key without any certificate, or nothing at all.
    case noCertificate
    case noPrivateKey
    case keyMismatch
    /// Several certificates fit the keys, and nothing tells which of them is meant.
    case ambiguousCertificate(Int)
    case badKey(String)
    case tooManyCertificates(Int)
    case tooManyKeys(Int)
    case outOfMemory

    /// Whether the secret is none of a certificate, as opposed to a damaged one.
    package var isPlainSecret: Bool {
        if case .notACertificate = self { true } else { false }
    }

    /// What the operator can do about it.
    package var hint: String? {
        switch self {
        case .notACertificate:
            "give the URL of a secret that belongs to a Key Vault certificate"
        case .wrongPassword:
            "import the file as a certificate, so that Key Vault stores it without a password"
        case .legacyProviderMissing:
            "install openssl-provider-legacy"
        case .noPrivateKey:
            "make the key exportable in the certificate's policy and issue a new version"
        case .keyMismatch, .ambiguousCertificate:
            "import the certificate again together with its own private key alone"
        case .badKey, .badPEM, .badPKCS12, .badBase64, .badCertificate, .noCertificate:
            "import the certificate again or issue a new version"
        case .tooLarge, .tooManyCertificates, .tooManyKeys:
            "import only the certificate, its key and its chain"
        case .outOfMemory:
            nil
        }
    }
}

extension CertificateError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notACertificate(let what): "not a certificate: \(what)"
        case .tooLarge(let bytes):
            "the secret has \(bytes) bytes, more than \(Limits.valueBytes / 1024) KiB"
        case .badBase64: "the PKCS#12 file is not valid base64"
        case .badPKCS12(let reason): "unreadable PKCS#12 file: \(reason)"
        case .wrongPassword: "the PKCS#12 file has another password"
        case .legacyProviderMissing(let scheme):
            "the PKCS#12 file is encrypted with \(scheme), and OpenSSL's legacy provider is missing"
        case .badPEM(let reason): "unreadable PEM text: \(reason)"
        case .badCertificate(let reason): "unreadable certificate: \(reason)"
        case .noCertificate: "the secret holds no certificate"
        case .noPrivateKey: "the secret holds no private key"
        case .keyMismatch: "the private key does not belong to any certificate of the secret"
        case .ambiguousCertificate(let count):
            "\(count) certificates of the secret fit its private keys"
        case .badKey(let reason): "unusable private key: \(reason)"
        case .tooManyCertificates(let count):
            "the secret holds \(count) certificates, more than \(Limits.certificates)"
        case .tooManyKeys(let count):
            "the secret holds \(count) private keys, more than \(Limits.keys)"
        case .outOfMemory: "OpenSSL is out of memory"
        }
    }
}
