import Sensitive

/// The two shapes in which a certificate's secret comes.
enum SecretFormat {
    case pkcs12(der: SensitiveBytes)
    case pem

    /// Decides by content type, and by content where that is missing, unknown or wrong.
    ///
    /// Throws `.notACertificate` for a secret that is neither; one that claims to be PKCS#12 but
    /// cannot be is damaged (`.badBase64`), not plain.
    init(contentType: String?, value: SensitiveBytes) throws(CertificateError) {
        guard value.count <= Limits.valueBytes else { throw .tooLarge(value.count) }
        let declared = Self.mediaType(contentType)
        if value.contains("CERTIFICATE-----") || declared == .pem && value.contains("-----BEGIN ") {
            self = .pem
            return
        }
        let der = Base64.decode(value)
        if let der, declared == .pkcs12 || Self.looksLikePKCS12(der) {
            self = .pkcs12(der: der)
            return
        }
        switch declared {
        case .pkcs12: throw .badBase64
        case .pem: throw .badPEM("it has no block")
        case .other: throw .notACertificate(Self.what(contentType, value))
        }
    }

    private enum MediaType {
        case pkcs12, pem, other
    }

    private static func mediaType(_ contentType: String?) -> MediaType {
        let type = contentType?.prefix { $0 != ";" }.lowercased().filter { !$0.isWhitespace }
        return switch type {
        case "application/x-pkcs12", "application/pkcs12", "application/x-pfx": .pkcs12
        case "application/x-pem-file", "application/x-pem": .pem
        default: .other
        }
    }

    /// The start of every PKCS#12 file: SEQUENCE, then INTEGER 3 (RFC 7292 §4).
    private static func looksLikePKCS12(_ der: SensitiveBytes) -> Bool {
        der.withUnsafeBytes { bytes in
            guard bytes.count > 2, bytes[0] == 0x30 else { return false }
            // The length: one byte, or as many more as its low bits say.
            let header = bytes[1] < 0x80 ? 2 : 2 + Int(bytes[1] & 0x7F)
            return bytes.dropFirst(header).starts(with: [0x02, 0x01, 0x03, 0x30])
        }
    }

    private static func what(_ contentType: String?, _ value: SensitiveBytes) -> String {
        if value.contains("PRIVATE KEY-----") { return "a private key without a certificate" }
        guard let contentType, !contentType.isEmpty else {
            return "a plain secret without a content type"
        }
        // The content type is free text of whoever made the secret.
        let shown = contentType.prefix(64).unicodeScalars.map { scalar in
            (0x20...0x7E).contains(scalar.value) ? Character(scalar) : "?"
        }
        return "a plain secret of content type \"\(String(shown))\""
    }
}

extension SecretContents {
    /// Reads `value` in the format found for it.
    init(
        value: SensitiveBytes,
        as format: SecretFormat,
        password: String? = nil
    ) throws(CertificateError) {
        switch format {
        case .pkcs12(let der): self = try PKCS12Reader.read(der, password: password)
        case .pem: try self.init(pem: value)
        }
    }
}

extension SensitiveBytes {
    /// Whether the ASCII text `needle` occurs.
    fileprivate func contains(_ needle: StaticString) -> Bool {
        needle.withUTF8Buffer { needle in
            withUnsafeBytes { bytes in
                guard bytes.count >= needle.count else { return false }
                return (0...bytes.count - needle.count).contains { start in
                    bytes[start] == needle[0] && bytes[start...].starts(with: needle)
                }
            }
        }
    }
}
