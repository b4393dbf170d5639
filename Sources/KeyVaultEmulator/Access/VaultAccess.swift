/// Who may do what in a vault, from where and how often.
package struct VaultAccess: Sendable, Codable, Equatable {
    /// By what a vault decides.
    package enum Model: String, Sendable, Codable, CaseIterable {
        /// Whoever has a token may do everything.
        case open
        /// Role assignments (Azure RBAC).
        case roles
        /// The vault's own access policies.
        case policies
    }

    package var model: Model = .open
    /// What counts while `model` is `roles`.
    package var assignments: [RoleAssignment] = []
    /// What counts while `model` is `policies`.
    package var policies: [AccessPolicy] = []
    package var network = NetworkRules()
    package var limit: RequestLimit?

    package init() {}

    /// What is left out is as it is in a vault that nobody has restricted.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        model = try values.decodeIfPresent(Model.self, forKey: .model) ?? .open
        assignments =
            try values.decodeIfPresent([RoleAssignment].self, forKey: .assignments) ?? []
        policies = try values.decodeIfPresent([AccessPolicy].self, forKey: .policies) ?? []
        network = try values.decodeIfPresent(NetworkRules.self, forKey: .network) ?? NetworkRules()
        limit = try values.decodeIfPresent(RequestLimit.self, forKey: .limit)
    }
}
