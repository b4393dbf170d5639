import Sensitive

/// What a secret holds, in its own order: nothing is chosen or checked yet.
struct SecretContents {
    private(set) var keys: [KeyHandle] = []
    private(set) var certificates: [CertificateHandle] = []

    /// Adds one certificate; past the limit it throws.
    mutating func append(_ certificate: CertificateHandle) throws(CertificateError) {
        guard certificates.count < Limits.certificates else {
            throw .tooManyCertificates(certificates.count + 1)
        }
        certificates.append(certificate)
    }

    /// Adds one private key; past the limit it throws.
    mutating func append(_ key: KeyHandle) throws(CertificateError) {
        guard keys.count < Limits.keys else { throw .tooManyKeys(keys.count + 1) }
        keys.append(key)
    }

    /// The certificates in DER.
    func certificatesDER() throws(CertificateError) -> [[UInt8]] {
        try certificates.map { certificate throws(CertificateError) in try certificate.der() }
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
