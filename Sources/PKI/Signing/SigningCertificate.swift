import Sensitive

/// A certificate with its key, ready to sign tokens.
package struct SigningCertificate: Sendable {
    /// The certificate, then those that vouch for it, as far as the file has them.
    package let chainDER: [[UInt8]]
    private let key: PrivateKey

    /// Takes a PEM text apart: a key, the certificate that it fits, and its chain, in any order.
    ///
    /// Throws for a key that is not RSA, which alone makes PS256.
    package init(pem: SensitiveBytes) throws(CertificateError) {
        let (chain, key) = try ErrorQueue.isolated { () throws(CertificateError) in
            let contents = try SecretContents(pem: pem)
            guard !contents.certificates.isEmpty else { throw .noCertificate }
            guard !contents.keys.isEmpty else { throw .noPrivateKey }
            let certificates = try Certificate.distinct(contents.certificates)
            let pair = try KeyPair(choosingFrom: certificates, and: contents.keys)
            let leaf = pair.certificate.der
            let chain = CertificateChain(
                of: pair.certificate,
                among: certificates.filter { $0.der != leaf }
            )
            let issuers = chain.intermediates + (chain.root.map { [$0] } ?? [])
            return ([leaf] + issuers.map(\.der), PrivateKey(pem: try pair.key.pkcs8PEM()))
        }
        chainDER = chain
        self.key = key
        // Found out now, not when the first token is asked for.
        _ = try signature(of: [])
    }

    /// A signature by PS256.
    package func signature(of message: [UInt8]) throws(CertificateError) -> [UInt8] {
        try key.signature(of: message, by: .ps256)
    }
}

/// Whether one certificate bears the other's name as its issuer's, and the other's key signed it.
package func isCertificate(_ der: [UInt8], issuedBy issuer: [UInt8]) throws(CertificateError)
    -> Bool
{
    try ErrorQueue.isolated { () throws(CertificateError) in
        try CertificateHandle(der: der).isIssued(by: try CertificateHandle(der: issuer))
    }
}

/// The certificates of a PEM text in DER, in its order; keys are passed over.
package func certificates(inPEM text: String) throws(CertificateError) -> [[UInt8]] {
    try ErrorQueue.isolated { () throws(CertificateError) in
        try SecretContents(pem: SensitiveBytes(copying: Array(text.utf8))).certificatesDER()
    }
}
