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

    /// The row that is open for it already, where it takes over the work of one.
    var deployment: Int64?

    var name: String { certificate.name }
    var version: String { record.version }
}

/// How the attempt to make one version live ended.
package struct DeploymentResult: Sendable, Hashable {
    package let certificate: String
    package let version: String
    package let previousVersion: String?
    package let outcome: Outcome

    /// What went wrong, nil when nothing did.
    package let error: String?
}
