import FoundationEssentials
import PKI

/// What a certificate made by the administration is like; what is left out is as Key Vault's
/// portal has it.
package struct CertificateOptions: Sendable, Codable, Equatable {
    /// The key of a certificate.
    package enum Key: String, Sendable, Codable, CaseIterable {
        case rsa2048 = "rsa-2048"
        case rsa3072 = "rsa-3072"
        case rsa4096 = "rsa-4096"
        case p256 = "p-256"
        case p384 = "p-384"
        case p521 = "p-521"

        var algorithm: KeyAlgorithm {
            switch self {
            case .rsa2048: .rsa(bits: 2048)
            case .rsa3072: .rsa(bits: 3072)
            case .rsa4096: .rsa(bits: 4096)
            case .p256: .p256
            case .p384: .p384
            case .p521: .p521
            }
        }
    }

    /// How the bags of a PKCS#12 value are encrypted.
    package enum Cipher: String, Sendable, Codable, CaseIterable {
        case tripleDES = "triple-des"
        case rc2 = "rc2-40"
        case aes256 = "aes-256"

        var pkcs12: PKCS12Cipher {
            switch self {
            case .tripleDES: .tripleDES
            case .rc2: .rc2_40
            case .aes256: .aes256
            }
        }
    }

    /// `CN=www.contoso.com`; nil: the first DNS name, else the certificate's name.
    package var subject: String?
    package var dnsNames: [String]
    package var key: Key
    /// How long it is good from now; nil: twelve months, or until `notAfter`.
    package var lifetimeSeconds: Int?
    package var notBefore: Date?
    package var notAfter: Date?
    package var contentType: SecretContentType
    package var cipher: Cipher
    /// False leaves the key out of the secret.
    package var isExportable: Bool

    package init(
        subject: String? = nil,
        dnsNames: [String] = [],
        key: Key = .rsa2048,
        lifetimeSeconds: Int? = nil,
        contentType: SecretContentType = .pkcs12
    ) {
        self.subject = subject
        self.dnsNames = dnsNames
        self.key = key
        self.lifetimeSeconds = lifetimeSeconds
        self.contentType = contentType
        cipher = .tripleDES
        isExportable = true
    }

    /// What may be left out of the JSON form, is.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        subject = try values.decodeIfPresent(String.self, forKey: .subject)
        dnsNames = try values.decodeIfPresent([String].self, forKey: .dnsNames) ?? []
        key = try values.decodeIfPresent(Key.self, forKey: .key) ?? .rsa2048
        lifetimeSeconds = try values.decodeIfPresent(Int.self, forKey: .lifetimeSeconds)
        notBefore = try values.decodeIfPresent(Date.self, forKey: .notBefore)
        notAfter = try values.decodeIfPresent(Date.self, forKey: .notAfter)
        contentType =
            try values.decodeIfPresent(SecretContentType.self, forKey: .contentType) ?? .pkcs12
        cipher = try values.decodeIfPresent(Cipher.self, forKey: .cipher) ?? .tripleDES
        isExportable = try values.decodeIfPresent(Bool.self, forKey: .isExportable) ?? true
    }

    /// The policy that makes such certificates, also at the next rotation.
    func policy(for name: String, now: Int) -> CertificatePolicy {
        var policy = CertificatePolicy(
            subject: subject ?? "CN=" + (dnsNames.first ?? name),
            dnsNames: dnsNames,
            isExportable: isExportable,
            contentType: contentType.rawValue,
            lifetimeSeconds: lifetimeSeconds,
            issuerName: "Emulator",
            cipher: cipher,
            created: now,
            updated: now
        )
        policy.use(key)
        return policy
    }
}
