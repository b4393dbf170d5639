import FoundationEssentials

/// What the administration tells of a secret or certificate; never its value.
package struct ObjectDescription: Sendable, Codable, Equatable {
    /// One of its versions.
    package struct Version: Sendable, Codable, Equatable {
        package let version: String
        package let isEnabled: Bool
        package let created: Date
        package let notBefore: Date?
        package let expires: Date?
        package let contentType: String?
        /// SHA-1, upper-case hex.
        package let thumbprint: String?
        package let subject: String?
    }

    package let vault: String
    package let name: String
    /// `secret` or `certificate`.
    package let kind: String
    package let isDeleted: Bool
    /// Oldest first; the last is the one that the vault answers with.
    package let versions: [Version]

    init(_ object: VaultObject, vault: String) {
        self.vault = vault
        name = object.name
        kind = object.kind.rawValue
        isDeleted = object.deletedAt != nil
        versions = object.versions.map { version in
            Version(
                version: version.id,
                isEnabled: version.isEnabled,
                created: Self.date(version.created),
                notBefore: version.notBefore.map(Self.date),
                expires: version.expires.map(Self.date),
                contentType: version.contentType,
                thumbprint: version.certificate?.thumbprint,
                subject: version.certificate?.subject
            )
        }
    }

    private static func date(_ seconds: Int) -> Date {
        Date(timeIntervalSince1970: Double(seconds))
    }
}
