import COpenSSL
import Sensitive

/// The kinds of key that Key Vault makes.
package enum KeyAlgorithm: Sendable, Hashable {
    case rsa(bits: Int)
    case p256, p384, p521
}

/// A private key as PKCS#8 PEM.
package struct PrivateKey: Sendable {
    package let pem: SensitiveBytes

    /// A key that exists already; it is first read when it is used.
    package init(pem: SensitiveBytes) {
        self.pem = pem
    }

    package init(generating algorithm: KeyAlgorithm) throws(IssuingError) {
        pem = try ErrorQueue.isolated { () throws(IssuingError) in
            try IssuingError.naming("generate key") { () throws(CertificateError) in
                try KeyHandle(generating: algorithm).pkcs8PEM()
            }
        }
    }
}

extension KeyHandle {
    /// A new key; throws for an RSA size that OpenSSL does not make.
    convenience init(generating algorithm: KeyAlgorithm) throws(CertificateError) {
        let raw =
            switch algorithm {
            case .rsa(let bits): kv_EVP_generate_RSA(bits)
            case .p256: kv_EVP_generate_EC("P-256")
            case .p384: kv_EVP_generate_EC("P-384")
            case .p521: kv_EVP_generate_EC("P-521")
            }
        try self.init(adopting: raw)
    }
}
