extension Settings {
    /// Every rule, with what is done about it.
    func effective(_ policy: Policy, _ path: String, otherwise other: String? = nil)
        -> EffectiveValue
    {
        let rules = PolicyRule.allCases.map { ($0.rawValue, policy[$0].rawValue) }
        return .entries(
            (rules + [("drift", policy.drift.rawValue)]).map { key, value in
                (
                    key,
                    text(
                        value,
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
