import Foundation
import KeyVault

/// What one pass did, certificate by certificate.
package struct PassReport: Sendable {
    package let runID: String
    package var certificates: [CertificateReport]

    /// The hook files that were skipped, and why.
    package var warnings: [String]

    /// What went wrong with hooks that were due from earlier passes.
    package var failedHooks: [String]
}

/// What one pass did about one certificate.
package struct CertificateReport: Sendable {
    package let name: String

    /// The version that the pass was about: the newest, or the pinned one; nil when the vault
    /// gave none.
    package let version: String?
    package let verdict: Verdict

    /// What the policy warns of in the version that is, or would be, deployed.
    package var warnings: [PolicyFinding] = []

    /// When the daemon looks again.
    package var nextPollAt: Date?

    package enum Verdict: Sendable {
        /// The right version was live already.
        case unchanged
        case deployed(previous: String?)

        /// The version is live although a hook failed, as `hooks.onFailure` wants it.
        case deployedDespite(String, previous: String?)

        /// It would be deployed, were this not a rehearsal.
        case wouldDeploy(previous: String?)
        case held(String)
        case ignored(String)

        /// The version was refused, now or before; what was live before still is.
        case refused(String)

        /// The version was live and was taken back.
        case rolledBack(String)

        /// Something on this machine was in the way.
        case failed(String)

        /// The vault or the identity endpoint gave no answer that could be used.
        case notObserved(VaultError)
    }
}

extension CertificateReport {
    /// The report on a certificate that could not be looked at.
    init(name: String, noOffer error: any Error) {
        let verdict = (error as? VaultError).map { Verdict.notObserved($0) }
        self.init(name: name, version: nil, verdict: verdict ?? .failed("\(error)"))
    }
}
