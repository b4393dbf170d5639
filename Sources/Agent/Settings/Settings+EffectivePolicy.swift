extension Settings {
    /// Every rule, with what is done about it.
    func effective(_ policy: Policy, _ path: String, otherwise other: String? = nil)
        -> EffectiveValue
    {
        .entries(
            PolicyRule.allCases.map { rule in
                let key = rule.rawValue
                return (
                    key,
                    text(
                        policy[rule].rawValue,
                        "\(path).\(key)",
                        otherwise: other.map { "\($0).\(key)" }
                    )
                )
            }
        )
    }

    /// The policy of a certificate that has one of its own; the top level's holds for all others.
    func effectivePolicy(of certificate: ObservedCertificate, _ path: String) -> EffectiveValue? {
        guard origins.lines[path] != nil else { return nil }
        return effective(certificate.policy, path, otherwise: "policy")
    }
}
