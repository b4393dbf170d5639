/// How the versions of a certificate are made.
struct CertificatePolicy: Sendable, Codable, Equatable {
    var subject: String
    var dnsNames: [String] = []
    /// `RSA` or `EC`, as the wire has it.
    var keyType = "RSA"
    var keySize: Int? = 2048
    var curve: String?
    var isExportable = true
    var reusesKey = false
    var contentType = SecretContentType.pkcs12.rawValue
    var validityMonths = 12
    /// Exact validity where the administration asked for one; the wire cannot say it.
    var lifetimeSeconds: Int?
    /// `Self` makes certificates that sign themselves; any other name stands for the emulator's
    /// own authority.
    var issuerName = "Self"
    var cipher = CertificateOptions.Cipher.tripleDES
    /// What was sent of these comes back as it was.
    var extendedKeyUsages: JSON?
    var keyUsage: JSON?
    var lifetimeActions: JSON?
    let created: Int
    var updated: Int

    /// The key that a new version gets; nil for one that the emulator does not make.
    var algorithm: CertificateOptions.Key? {
        switch (keyType.uppercased(), keySize ?? 2048, curve?.uppercased()) {
        case ("RSA", 2048, _), ("RSA-HSM", 2048, _): .rsa2048
        case ("RSA", 3072, _), ("RSA-HSM", 3072, _): .rsa3072
        case ("RSA", 4096, _), ("RSA-HSM", 4096, _): .rsa4096
        case ("EC", _, "P-256"), ("EC", _, nil), ("EC-HSM", _, "P-256"): .p256
        case ("EC", _, "P-384"), ("EC-HSM", _, "P-384"): .p384
        case ("EC", _, "P-521"), ("EC-HSM", _, "P-521"): .p521
        default: nil
        }
    }

    /// Takes over the key type of an imported certificate, `RSA 2048` or `EC P-256`.
    mutating func useKey(describedAs description: String) {
        let words = description.split(separator: " ")
        guard words.count == 2 else { return }
        let isRSA = words[0] == "RSA"
        keyType = String(words[0])
        curve = isRSA ? nil : String(words[1])
        keySize = isRSA ? Int(words[1]) : Int(words[1].dropFirst(2))
    }

    mutating func use(_ key: CertificateOptions.Key) {
        switch key {
        case .rsa2048: (keyType, keySize, curve) = ("RSA", 2048, nil)
        case .rsa3072: (keyType, keySize, curve) = ("RSA", 3072, nil)
        case .rsa4096: (keyType, keySize, curve) = ("RSA", 4096, nil)
        case .p256: (keyType, keySize, curve) = ("EC", 256, "P-256")
        case .p384: (keyType, keySize, curve) = ("EC", 384, "P-384")
        case .p521: (keyType, keySize, curve) = ("EC", 521, "P-521")
        }
    }
}

/// The two forms in which a certificate's secret comes.
package enum SecretContentType: String, Sendable, Codable, CaseIterable {
    case pkcs12 = "application/x-pkcs12"
    case pem = "application/x-pem-file"
}
