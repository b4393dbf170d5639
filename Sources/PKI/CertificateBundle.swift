import Sensitive

/// A certificate with its key and chain, in the files that a server reads.
package struct CertificateBundle: Sendable {
    package let leaf: CertificateFacts
    /// The intermediates from the leaf's issuer upwards, then the root where the secret has it.
    package let chain: [CertificateFacts]
    /// Whether nothing but the root can be missing from the chain.
    ///
    /// False for a leaf alone that is not self-signed, and for a chain that stops short of
    /// certificates which the secret holds. A chain without its root counts as complete, as a
    /// server need not send it (RFC 8446 §4.4.2).
    package let isChainComplete: Bool
    /// Whether the secret has them in the order leaf, issuer, and so on; what is left out may follow.
    package let isOrdered: Bool
    /// Certificates of the secret that are no part of the chain and so go into no file.
    package let leftOut: [CertificateFacts]
    /// PKCS#8, not encrypted.
    package let privateKeyPEM: SensitiveBytes
    /// The leaf alone.
    package let certificatePEM: String
    /// The intermediates without the root; empty where there are none.
    package let chainPEM: String
    /// The leaf and the intermediates, without the root.
    package let fullchainPEM: String
    /// The leaf, the intermediates, the root where the secret has it, and the key last.
    package let bundlePEM: SensitiveBytes

    /// Examines the text of a secret as the vault gave it: PKCS#12 in base64, or PEM.
    ///
    /// The leaf is the certificate that fits the key, wherever it stands, and the chain is ordered
    /// by signature. What is unreadable, incomplete or ambiguous throws, so a bundle that exists
    /// has a key that makes signatures which its leaf verifies. Dates are not looked at.
    package init(secret: SensitiveBytes, contentType: String?) throws(CertificateError) {
        self = try ErrorQueue.isolated { () throws(CertificateError) in
            let format = try SecretFormat(contentType: contentType, value: secret)
            return try CertificateBundle(try SecretContents(value: secret, as: format))
        }
    }

    private init(_ contents: SecretContents) throws(CertificateError) {
        guard !contents.certificates.isEmpty else { throw .noCertificate }
        guard !contents.keys.isEmpty else { throw .noPrivateKey }
        let certificates = try Certificate.distinct(contents.certificates)
        let pair = try KeyPair(choosingFrom: certificates, and: contents.keys)
        let leaf = pair.certificate
        let others = certificates.filter { $0.der != leaf.der }
        let chain = CertificateChain(of: leaf, among: others)
        let issuers = chain.intermediates + (chain.root.map { [$0] } ?? [])

        let key = try pair.key.pkcs8PEM()
        self.leaf = leaf.facts
        self.chain = issuers.map(\.facts)
        isChainComplete = chain.isComplete
        isOrdered = certificates.map(\.der).starts(with: ([leaf] + issuers).map(\.der))
        leftOut = chain.leftOut.map(\.facts)
        privateKeyPEM = key
        certificatePEM = encodePEM(certificates: [leaf.der])
        chainPEM = encodePEM(certificates: chain.intermediates.map(\.der))
        fullchainPEM = certificatePEM + chainPEM
        bundlePEM = Self.join(
            encodePEM(certificates: [leaf.der] + issuers.map(\.der)),
            key
        )
    }

    private static func join(_ text: String, _ key: SensitiveBytes) -> SensitiveBytes {
        let head = Array(text.utf8)
        return SensitiveBytes(capacity: head.count + key.count) { buffer in
            buffer.copyBytes(from: head)
            key.withUnsafeBytes { tail in
                UnsafeMutableRawBufferPointer(rebasing: buffer[head.count...]).copyMemory(
                    from: tail
                )
            }
            return buffer.count
        }
    }
}
