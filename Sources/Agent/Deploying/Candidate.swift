import History
import Store

/// A version that is to be made live, with all that it takes.
struct Candidate: Sendable {
    let certificate: ObservedCertificate
    let record: VersionRecord

    /// The files to stage, also where they lie in the store already, so that they get the access
    /// that the settings ask for now; nil for a version that is live and isn't on record.
    let files: [VersionFile]?

    /// The version that is live now, and comes back if this one fails.
    let previous: String?
    let trigger: Trigger

    /// Why, where a person or a crash gave a reason.
    var reason: String?

    /// What the policy warns of.
    var warnings: [PolicyFinding] = []

    /// The row that is open for it already, where it takes over the work of one.
    var deployment: Int64?

    /// Whether check hooks have let it through already, in a batch that failed as a whole.
    var isChecked = false

    var name: String { certificate.name }
    var version: String { record.version }

    /// The same for a batch of its own after the one that failed as a whole.
    var passedChecks: Candidate {
        var copy = self
        copy.deployment = nil
        copy.isChecked = true
        return copy
    }
}

/// How the attempt to make one version live ended.
package struct DeploymentResult: Sendable, Hashable {
    package let certificate: String
    package let version: String
    package let previousVersion: String?
    package let outcome: Outcome

    /// What went wrong, nil when nothing did.
    package let error: String?

    /// Whether it went back for what may be another's fault, and is to be tried again without it.
    let isSuspect: Bool
}
