import COpenSSL

extension PrivateKey {
    /// A signature of `message`; throws for a key that is not RSA.
    package func signature(
        of message: [UInt8],
        by scheme: SignatureScheme
    ) throws(CertificateError) -> [UInt8] {
        try ErrorQueue.isolated { () throws(CertificateError) in
            let key = try KeyHandle(pem: pem)
            guard EVP_PKEY_get_base_id(key.raw) == EVP_PKEY_RSA else {
                throw .badKey("\(scheme.rawValue) needs an RSA key")
            }
            guard let digest = OwnedPointer(EVP_MD_CTX_new(), free: { EVP_MD_CTX_free($0) }) else {
                throw .outOfMemory
            }
            var context: OpaquePointer?
            guard EVP_DigestSignInit(digest.raw, &context, EVP_sha256(), nil, key.raw) == 1,
                scheme.apply(to: context)
            else { throw .badKey(ErrorQueue.drain()) }
            var count = max(Int(EVP_PKEY_get_size(key.raw)), 0)
            var signature = [UInt8](repeating: 0, count: count)
            guard EVP_DigestSign(digest.raw, &signature, &count, message, message.count) == 1 else {
                throw .badKey(ErrorQueue.drain())
            }
            return Array(signature.prefix(count))
        }
    }
}
