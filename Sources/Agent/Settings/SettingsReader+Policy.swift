extension SettingsReader {
    /// `policy`: what is done about each rule, `base` where nothing is said.
    mutating func policy(_ cursor: SettingsCursor?, otherwise base: Policy = Policy()) -> Policy {
        guard let cursor, !cursor.isNull else { return base }
        var policy = base
        let fields = fields(cursor)
        for rule in PolicyRule.allCases {
            guard let text = string(fields[rule.rawValue]), let place = fields[rule.rawValue] else {
                continue
            }
            guard let action = PolicyAction(rawValue: text) else {
                fail(place, "expected allow, warn or hold, found \"\(text)\"")
                continue
            }
            policy[rule] = action
        }
        if let text = string(fields["drift"]), let place = fields["drift"] {
            if let drift = DriftPolicy(rawValue: text) {
                policy.drift = drift
            } else {
                fail(place, "expected heal, warn or ignore, found \"\(text)\"")
            }
        }
        return policy
    }
}
