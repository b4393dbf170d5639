/// What a rule says of a version that is to go live.
package struct PolicyFinding: Sendable, Hashable, CustomStringConvertible {
    package let rule: PolicyRule

    /// `warn` or `hold`: what is allowed is not said.
    package let action: PolicyAction
    package let message: String

    /// `issuerChange: it is of CN=B, the current version of CN=A`.
    package var description: String { "\(rule.rawValue): \(message)" }
}

extension [PolicyFinding] {
    package var warnings: [PolicyFinding] { filter { $0.action == .warn } }
    package var holds: [PolicyFinding] { filter { $0.action == .hold } }

    /// Whether the version waits for a person, and not just for its time.
    package var needAPerson: Bool { holds.contains { !$0.rule.endsByItself } }

    /// Why a version is held, for its row; the same text as long as it is held for the same.
    package func reasonToHold(_ certificate: String) -> String {
        let remedy = needAPerson ? ["kvagent approve \(certificate) lets it through"] : []
        return (holds.map(\.description) + remedy).joined(separator: "; ")
    }
}

extension PolicyRule {
    /// The rules that a hold's reason names, none for a hold that is not the policy's.
    package static func named(in reason: String) -> [PolicyRule] {
        reason.split(separator: "; ").compactMap { part in
            part.firstRange(of: ": ").flatMap {
                PolicyRule(rawValue: String(part[..<$0.lowerBound]))
            }
        }
    }
}
