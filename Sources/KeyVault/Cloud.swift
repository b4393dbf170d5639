/// One of the separate Azure clouds, or a stand-in for one.
package struct Cloud: Sendable, Hashable {
    package let name: String
    /// What a vault's host ends with, without the leading dot, in lower case, as in
    /// `vault.azure.net`.
    package let vaultSuffix: String
    /// Whom a token is for, as in `https://vault.azure.net`.
    ///
    /// Without a trailing slash, which the vault would refuse (AKV10022).
    package let audience: String
    /// Where tokens for applications come from, as in `https://login.microsoftonline.com`.
    package let authorityHost: String
    /// The path of a PEM file with the only authorities to trust; nil for the system's.
    package let caBundle: String?

    package init(
        name: String,
        vaultSuffix: String,
        audience: String,
        authorityHost: String,
        caBundle: String? = nil
    ) {
        self.name = name
        self.vaultSuffix = vaultSuffix.lowercased()
        self.audience = audience
        self.authorityHost = authorityHost
        self.caBundle = caBundle
    }

    package static let publicCloud = Cloud(
        name: "public",
        vaultSuffix: "vault.azure.net",
        audience: "https://vault.azure.net",
        authorityHost: "https://login.microsoftonline.com"
    )

    /// The one that 21Vianet runs.
    package static let china = Cloud(
        name: "china",
        vaultSuffix: "vault.azure.cn",
        audience: "https://vault.azure.cn",
        authorityHost: "https://login.partner.microsoftonline.cn"
    )

    package static let usGovernment = Cloud(
        name: "usGovernment",
        vaultSuffix: "vault.usgovcloudapi.net",
        audience: "https://vault.usgovcloudapi.net",
        authorityHost: "https://login.microsoftonline.us"
    )

    /// The cloud of that name, in any case of letters.
    package static func named(_ name: String) -> Cloud? {
        [publicCloud, china, usGovernment].first { $0.name.lowercased() == name.lowercased() }
    }

    /// Whether a host is a vault of this cloud: exactly one label before the suffix.
    ///
    /// What this says no to gets no token.
    ///
    /// - Parameter host: In lower case, as ``SecretURL`` has it.
    /// - Returns: Whether it is one.
    func holds(host: String) -> Bool {
        let label = host.utf8.prefix { $0 != UInt8(ascii: ".") }
        let suffix = host.utf8[label.endIndex...].dropFirst()
        return !label.isEmpty && label.allSatisfy(isNameCharacter)
            && suffix.elementsEqual(vaultSuffix.utf8)
    }
}
