import COpenSSL
import Sensitive

/// An RSA public key that signatures are verified with.
package struct PublicKey: Sendable, Hashable {
    /// SubjectPublicKeyInfo.
    private let der: [UInt8]

    /// The key of a certificate in DER.
    package init(certificateDER: [UInt8]) throws(CertificateError) {
        self = try ErrorQueue.isolated { () throws(CertificateError) in
            let certificate = try CertificateHandle(der: certificateDER)
            guard let info = X509_get_X509_PUBKEY(certificate.raw) else {
                throw .badCertificate(ErrorQueue.drain())
            }
            let count = max(Int(i2d_X509_PUBKEY(info, nil)), 0)
            return PublicKey(
                der: [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                    var cursor = buffer.baseAddress
                    initialized = max(Int(i2d_X509_PUBKEY(info, &cursor)), 0)
                }
            )
        }
    }

    /// The key of a PEM text: `BEGIN PUBLIC KEY`, or the first certificate's.
    package init(pem: String) throws(CertificateError) {
        let blocks = try ErrorQueue.isolated { () throws(CertificateError) in
            try PEMReader.blocks(of: SensitiveBytes(copying: Array(pem.utf8)))
        }
        for block in blocks {
            let der = block.contents.withUnsafeBytes { Array($0) }
            switch block.label {
            case "PUBLIC KEY":
                self.init(der: der)
                return
            case "CERTIFICATE":
                try self.init(certificateDER: der)
                return
            default:
                continue
            }
        }
        throw .noCertificate
    }

    private init(der: [UInt8]) {
        self.der = der
    }

    /// Whether the private half has made this signature; false as well for a key that is not RSA.
    package func verifies(
        _ signature: [UInt8],
        of message: [UInt8],
        by scheme: SignatureScheme
    ) -> Bool {
        ErrorQueue.isolated {
            let raw = der.withUnsafeBufferPointer { bytes in
                var cursor = bytes.baseAddress
                return d2i_PUBKEY(nil, &cursor, bytes.count)
            }
            guard let key = OwnedPointer(raw, free: { EVP_PKEY_free($0) }),
                EVP_PKEY_get_base_id(key.raw) == EVP_PKEY_RSA,
                let digest = OwnedPointer(EVP_MD_CTX_new(), free: { EVP_MD_CTX_free($0) })
            else { return false }
            var context: OpaquePointer?
            guard EVP_DigestVerifyInit(digest.raw, &context, EVP_sha256(), nil, key.raw) == 1,
                scheme.apply(to: context)
            else { return false }
            return EVP_DigestVerify(
                digest.raw,
                signature,
                signature.count,
                message,
                message.count
            ) == 1
        }
    }
}
