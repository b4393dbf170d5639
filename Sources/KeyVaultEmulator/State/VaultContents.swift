import FoundationEssentials
import Sensitive

/// Everything in one vault, live and soft-deleted.
///
/// Secrets and certificates share one set of names, because a certificate's key is a secret of the
/// same name.
struct VaultContents: Sendable, Codable, Equatable {
    /// By lower-case name: Key Vault's names are case-insensitive and keep how they were written.
    private(set) var objects: [String: VaultObject] = [:]
    /// Nil until it is set: a vault that is open to every token.
    var access: VaultAccess?

    /// The object called `name`, whatever its case, live or deleted.
    subscript(name: String) -> VaultObject? {
        get { objects[name.lowercased()] }
        set { objects[name.lowercased()] = newValue }
    }

    /// The live object called `name`.
    func live(_ name: String) -> VaultObject? {
        self[name].flatMap { $0.deletedAt == nil ? $0 : nil }
    }

    /// The soft-deleted object called `name`.
    func deleted(_ name: String) -> VaultObject? {
        self[name].flatMap { $0.deletedAt == nil ? nil : $0 }
    }
}

/// One secret or certificate with all its versions.
struct VaultObject: Sendable, Codable, Equatable {
    enum Kind: String, Sendable, Codable {
        case secret, certificate
    }

    /// As it was written when it was made.
    let name: String
    let kind: Kind
    /// Oldest first; the last is what the unversioned path answers.
    var versions: [VaultVersion] = []
    var policy: CertificatePolicy?
    var operation: CertificateOperation?
    /// Unix seconds; nil while it is live.
    var deletedAt: Int?

    var newest: VaultVersion? { versions.last }

    /// The index of a version, or of the newest where `id` is nil; ids are case-insensitive.
    func index(of id: String?) -> Int? {
        guard let id else { return versions.indices.last }
        return versions.firstIndex { $0.id == id.lowercased() }
    }
}

/// One version of a secret, and of the certificate that it backs.
struct VaultVersion: Sendable, Codable, Equatable {
    /// 32 lower-case hex digits.
    let id: String
    var isEnabled = true
    /// Unix seconds, as all the times here.
    var notBefore: Int?
    var expires: Int?
    let created: Int
    var updated: Int
    var tags: [String: String]?
    var contentType: String?
    let value: StoredValue
    let certificate: StoredCertificate?

    /// A version id that nobody has had.
    static func makeID() -> String {
        let digits = String(UInt128.random(in: 0...UInt128.max), radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}

/// What is told of a certificate without its key.
struct StoredCertificate: Sendable, Codable, Equatable {
    let der: Data
    /// SHA-1, upper-case hex.
    let thumbprint: String
    let subject: String
    let issuer: String
    let serialNumber: String
    let dnsNames: [String]
    /// False where the key stays in the vault.
    let hasKey: Bool
}

/// A secret's value; in the state file as text, shown nowhere.
struct StoredValue: Sendable, Codable, Equatable {
    let bytes: SensitiveBytes

    init(_ bytes: SensitiveBytes) {
        self.bytes = bytes
    }

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        bytes = SensitiveBytes(copying: Array(text.utf8))
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// The value as the answer to a request carries it.
    var text: String {
        bytes.withBytes { span in
            String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
        }
    }
}

/// A certificate creation that was asked for.
struct CertificateOperation: Sendable, Codable, Equatable {
    let requestID: String
    /// How many polls still see it in progress.
    var remainingPolls: Int
    /// Whether its version has been made.
    var isComplete: Bool
    let tags: [String: String]?
    let isEnabled: Bool
}
