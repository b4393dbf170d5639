import Foundation
import History
import KeyVault
import Store

/// The contract of `kvagent status --json`: fields may be added, none changes its meaning.
package struct StatusReport: Sendable, Encodable {
    package var agent: AgentStatus
    package var certificates: [CertificateStatus]

    /// What is on disk and in no settings any more.
    package var orphans: [OrphanStatus] = []
}

/// The daemon and what it has to say in general.
package struct AgentStatus: Sendable, Encodable {
    package var version: String

    /// Of the running daemon; null when there is none.
    @OrNull package var pid: Int?
    @OrNull package var lastPass: Date?
    @OrNull package var nextPass: Date?
    package var warnings: [String]
}

/// One certificate as it stands.
package struct CertificateStatus: Sendable, Encodable {
    package var name: String
    package var url: String
    package var state: CertificateState

    /// Why the state isn't a better one, in the words of the vault, the check or the hook.
    @OrNull package var reason: String?

    /// What a person can do about the state.
    @OrNull package var mend: String? = nil
    @OrNull package var current: CurrentVersion?

    /// The newest version that the vault is known to have.
    @OrNull package var latest: String?

    /// What became of the newest version when it isn't live; null also when it wasn't tried yet.
    @OrNull package var refusal: RefusalStatus?
    @OrNull package var pin: PinStatus?
    @OrNull package var lastPoll: PollStatus?
    @OrNull package var lastSuccessfulPoll: Date?
    package var pollingIntervalInS: Int
    @OrNull package var nextPoll: Date?
    package var consecutiveFailures: Int
    package var owedHooks: [OwedHookStatus]
    package var warnings: [String]
}

/// The live version.
package struct CurrentVersion: Sendable, Encodable {
    package var version: String
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?

    /// When it was made live the last time.
    @OrNull package var since: Date?

    /// How its files differ from what was put there, where `policy.drift` only warns of that.
    @OrNull package var drift: String?

    /// What the policy warns of in it.
    package var findings: [FindingReport] = []

    /// Who has let it through, if the policy held it.
    @OrNull package var approval: ApprovalReport? = nil
}

/// Why the newest version isn't live.
package struct RefusalStatus: Sendable, Encodable {
    package var outcome: Outcome
    @OrNull package var reason: String?
}

package struct PinStatus: Sendable, Encodable {
    package var version: String
    @OrNull package var reason: String?
    package var actor: String
    package var at: Date
    @OrNull package var until: Date?
}

package struct PollStatus: Sendable, Encodable {
    package var at: Date
    package var ok: Bool
    @OrNull package var error: String?
}

package struct OwedHookStatus: Sendable, Encodable {
    package var name: String
    package var phase: String
    package var since: Date
    package var attempts: Int
}

/// How a certificate stands, in one word.
package enum CertificateState: String, Sendable, Encodable, CaseIterable {
    /// The newest version is live.
    case current
    /// A pin holds the live version.
    case pinned
    /// The newest version waits for something, e.g. its validity to begin.
    case held
    /// The newest version was refused; what was live before still is.
    case rejected
    /// Something is live, but a hook for it is owed.
    case degraded
    /// The vault or the identity endpoint gave no answer that could be used.
    case unreachable
    /// The newest version is disabled in the vault.
    case disabled
    case notFound
    case denied
    /// The secret is no certificate.
    case ignored
    /// Never installed yet.
    case pending
}
