import Foundation
import History
import KeyVault

extension ObservedCertificate {
    /// What the policy, as the settings have it now, warns of in the live version.
    ///
    /// It is compared with what it took the place of. What was held is approved, and what a person
    /// has chosen is not examined: nothing is said of either.
    func concerns(of live: LiveExamination, now: Date) -> [PolicyFinding] {
        guard url.version == nil, live.record.thumbprint != nil, live.arrival?.trigger != .rollback
        else { return [] }
        return policy.findings(
            of: PolicyCandidate(live.record, contents: live.contents),
            comparedTo: live.replaced,
            now: live.arrival?.startedAt ?? now
        ).warnings
    }
}
