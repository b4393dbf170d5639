import Sensitive

/// What a secret holds, in its own order: nothing is chosen or checked yet.
struct SecretContents {
    var keys: [PrivateKey] = []
    var certificates: [[UInt8]] = []

    /// Adds one certificate; past the limit it throws.
    mutating func append(_ certificate: borrowing CertificateHandle) throws(CertificateError) {
        guard certificates.count < Limits.certificates else {
            throw .tooManyCertificates(certificates.count + 1)
        }
        certificates.append(try certificate.der())
    }

    /// Adds one private key as PKCS#8; past the limit it throws.
    mutating func append(_ key: borrowing KeyHandle) throws(CertificateError) {
        guard keys.count < Limits.keys else { throw .tooManyKeys(keys.count + 1) }
        keys.append(PrivateKey(pem: try key.pkcs8PEM()))
    }
}

extension SecretContents {
    /// The keys and certificates of a PEM text; blocks of other kinds are passed over.
    init(pem text: SensitiveBytes) throws(CertificateError) {
        for block in try PEMReader.blocks(of: text) {
            if let kind = PEMKeyKind(label: block.label) {
                try append(try KeyHandle(der: block.contents, kind: kind))
                continue
            }
            switch block.label {
            case "CERTIFICATE", "X509 CERTIFICATE":
                try append(try CertificateHandle(der: Self.bytes(of: block)))
            case "TRUSTED CERTIFICATE":
                try append(try CertificateHandle(trustedDER: Self.bytes(of: block)))
            case "ENCRYPTED PRIVATE KEY":
                throw .badKey("it is encrypted with a password")
            case let label where label.hasSuffix("PRIVATE KEY"):
                throw .badKey("its kind is not supported")
            default:
                continue
            }
        }
    }

    private static func bytes(of block: PEMBlock) -> [UInt8] {
        block.contents.withUnsafeBytes { Array($0) }
    }
}
