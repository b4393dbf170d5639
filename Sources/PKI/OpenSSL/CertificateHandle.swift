import COpenSSL

/// An owned `X509 *`, which is parsed once and shared by everything that looks at it.
final class CertificateHandle {
    let raw: OpaquePointer

    /// Takes over what OpenSSL made; throws its reason where it made nothing.
    init(adopting raw: OpaquePointer?) throws(CertificateError) {
        guard let raw else { throw .badCertificate(ErrorQueue.drain()) }
        self.raw = raw
    }

    /// Exactly one certificate in DER.
    convenience init(der: [UInt8]) throws(CertificateError) {
        let (raw, rest) = der.withUnsafeBufferPointer { bytes -> (OpaquePointer?, Int) in
            var cursor = bytes.baseAddress
            let raw = d2i_X509(nil, &cursor, bytes.count)
            guard let start = bytes.baseAddress, let cursor else { return (raw, 0) }
            return (raw, bytes.count - (cursor - start))
        }
        if raw != nil, rest > 0 {
            X509_free(raw)
            throw .badCertificate("bytes follow its end")
        }
        try self.init(adopting: raw)
    }

    /// What a PEM block `TRUSTED CERTIFICATE` holds: a certificate, and trust settings that are
    /// not part of it (openssl-x509(1), "Trust options").
    convenience init(trustedDER der: [UInt8]) throws(CertificateError) {
        let raw = der.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var cursor = bytes.baseAddress
            return d2i_X509_AUX(nil, &cursor, bytes.count)
        }
        try self.init(adopting: raw)
    }

    deinit {
        X509_free(raw)
    }

    /// The encoding that was read, byte for byte, which is what its thumbprint is taken of.
    func der() throws(CertificateError) -> [UInt8] {
        let count = i2d_X509(raw, nil)
        guard count > 0 else { throw .badCertificate(ErrorQueue.drain()) }
        return [UInt8](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            var cursor = buffer.baseAddress
            initialized = max(Int(i2d_X509(raw, &cursor)), 0)
        }
    }

    /// Whether the certificate's public key is the public half of `key`.
    func certifies(_ key: KeyHandle) -> Bool {
        guard let own = X509_get0_pubkey(raw) else { return false }
        return EVP_PKEY_eq(own, key.raw) == 1
    }

    /// Whether `issuer` bears the issuer's name and its key made the signature.
    func isIssued(by issuer: CertificateHandle) -> Bool {
        guard X509_NAME_cmp(X509_get_issuer_name(raw), X509_get_subject_name(issuer.raw)) == 0,
            let key = X509_get0_pubkey(issuer.raw)
        else {
            return false
        }
        return X509_verify(raw, key) == 1
    }
}
