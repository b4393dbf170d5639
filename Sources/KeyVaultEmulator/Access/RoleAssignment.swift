/// One identity's role on a vault, or on one object in it.
package struct RoleAssignment: Sendable, Codable, Hashable {
    /// The object id of the identity.
    package var principal: String
    package var role: Role
    /// `secrets/NAME` or `certificates/NAME`; nil for the whole vault.
    package var scope: String?

    package init(_ role: Role, to principal: String, scope: String? = nil) {
        self.principal = principal.lowercased()
        self.role = role
        self.scope = scope?.lowercased()
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(Role.self, forKey: .role),
            to: try values.decode(String.self, forKey: .principal),
            scope: try values.decodeIfPresent(String.self, forKey: .scope)
        )
    }

    /// Whether it lets a caller do this to an object; `object` is empty for a whole vault's list.
    func allows(_ action: String, on object: String, to principal: String) -> Bool {
        self.principal == principal.lowercased() && role.allows(action)
            && (scope == nil || scope == object.lowercased())
    }
}
