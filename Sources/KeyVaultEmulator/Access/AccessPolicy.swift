/// What one identity may do in a vault that has access policies instead of roles.
package struct AccessPolicy: Sendable, Codable, Equatable {
    /// The object id of the identity.
    package var principal: String
    /// As in `get` and `list`.
    package var secrets: [String]
    package var certificates: [String]

    package init(to principal: String, secrets: [String] = [], certificates: [String] = []) {
        self.principal = principal.lowercased()
        self.secrets = secrets
        self.certificates = certificates
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            to: try values.decode(String.self, forKey: .principal),
            secrets: try values.decodeIfPresent([String].self, forKey: .secrets) ?? [],
            certificates: try values.decodeIfPresent([String].self, forKey: .certificates) ?? []
        )
    }

    /// Whether it lets a caller do this, as in `secrets get`.
    func allows(_ permission: String, to principal: String) -> Bool {
        let parts = permission.split(separator: " ")
        guard self.principal == principal.lowercased(), parts.count == 2 else { return false }
        return (parts[0] == "certificates" ? certificates : secrets).contains(String(parts[1]))
    }
}
