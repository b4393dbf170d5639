import COpenSSL

/// A certificate and the private key that it certifies.
struct KeyPair {
    let certificate: Certificate
    let key: KeyHandle

    /// The one pair that fits, whatever the order and however many of either there are.
    ///
    /// Of several the only one that is no authority; else it would be a guess, and throws.
    init(
        choosingFrom certificates: [Certificate],
        and keys: [KeyHandle]
    ) throws(CertificateError) {
        var pairs: [KeyPair] = []
        for key in keys {
            for certificate in certificates {
                let isKnown = pairs.contains { $0.certificate.der == certificate.der }
                guard !isKnown, certificate.handle.certifies(key)
                else { continue }
                pairs.append(KeyPair(certificate: certificate, key: key))
            }
        }
        guard pairs.count > 1 else {
            guard let only = pairs.first else { throw .keyMismatch }
            try self.init(proving: only)
            return
        }
        let endEntities = pairs.filter { !$0.certificate.facts.isAuthority }
        guard endEntities.count == 1 else { throw .ambiguousCertificate(pairs.count) }
        try self.init(proving: endEntities[0])
    }

    private init(certificate: Certificate, key: KeyHandle) {
        self.certificate = certificate
        self.key = key
    }

    /// Checks with a signature that the private half of the key belongs to its public half.
    private init(proving pair: KeyPair) throws(CertificateError) {
        guard pair.key.canSign(for: pair.certificate.handle) else {
            throw .badKey("its signatures do not verify with the certificate")
        }
        self = pair
    }
}

extension KeyHandle {
    /// Whether a signature of this key verifies with the certificate's public key.
    ///
    /// Comparing public keys does not show this: a key file carries both halves, and they may not
    /// belong together.
    func canSign(for certificate: CertificateHandle) -> Bool {
        let message = Array("kvagent".utf8)
        // Ed25519 and Ed448 hash by themselves and refuse a digest.
        let kind = EVP_PKEY_get_base_id(raw)
        let digest = kind == EVP_PKEY_ED25519 || kind == EVP_PKEY_ED448 ? nil : EVP_sha256()
        guard
            let signing = OwnedPointer(EVP_MD_CTX_new(), free: { EVP_MD_CTX_free($0) }),
            let verifying = OwnedPointer(EVP_MD_CTX_new(), free: { EVP_MD_CTX_free($0) }),
            EVP_DigestSignInit(signing.raw, nil, digest, nil, raw) == 1
        else {
            return false
        }
        var count = Int(EVP_PKEY_get_size(raw))
        var signature = [UInt8](repeating: 0, count: max(count, 0))
        guard
            EVP_DigestSign(signing.raw, &signature, &count, message, message.count) == 1,
            EVP_DigestVerifyInit(
                verifying.raw,
                nil,
                digest,
                nil,
                X509_get0_pubkey(certificate.raw)
            ) == 1
        else {
            return false
        }
        return EVP_DigestVerify(verifying.raw, signature, count, message, message.count) == 1
    }
}
