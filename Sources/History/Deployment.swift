import Foundation

/// What made a deployment begin.
package enum Trigger: String, Sendable, Codable, CaseIterable {
    case poll, sync, rollback, drift, recovery
}

/// How a deployment ended.
package enum Outcome: String, Sendable, Codable, CaseIterable {
    /// It is, or was, live.
    case deployed
    /// Seen and not deployed: a pin or a policy keeps it back.
    case held
    /// It failed before the switch: its key, its chain, a check hook.
    case rejected
    /// It failed after the switch, and the previous version came back.
    case rolledBack
    /// Something on this machine was in the way, such as a full disk; nothing is said against the
    /// version.
    case failed
    /// The process died over it; what came of it, the recovery decided.
    case interrupted
    /// Not for kvagent, such as a plain secret.
    case ignored

    /// Whether the version must not be tried again by itself.
    ///
    /// One that failed or was interrupted may: nothing was found wrong with it.
    package var isRefusal: Bool {
        switch self {
        case .rejected, .rolledBack: true
        case .deployed, .held, .failed, .interrupted, .ignored: false
        }
    }
}

/// One attempt to make a version current, or the decision not to, with all that is known of it.
package struct Deployment: Sendable, Codable, Hashable {
    /// Its place in the ledger: a later deployment has a greater one.
    package var id: Int64
    package var certificate: String
    package var version: String
    /// nil, like the three after it, for a version that was never fetched or is no certificate.
    package var thumbprint: String?
    package var sha256: String?
    package var notBefore: Date?
    package var notAfter: Date?
    package var trigger: Trigger
    /// nil while it is under way.
    package var outcome: Outcome?
    package var reason: String?
    package var actor: String
    package var startedAt: Date
    package var finishedAt: Date?
    package var previousVersion: String?
    package var runID: String
    package var error: String?
    /// In the order in which they ran.
    package var hookRuns: [HookRunRecord]

    package init(
        id: Int64,
        certificate: String,
        version: String,
        thumbprint: String? = nil,
        sha256: String? = nil,
        notBefore: Date? = nil,
        notAfter: Date? = nil,
        trigger: Trigger,
        outcome: Outcome? = nil,
        reason: String? = nil,
        actor: String,
        startedAt: Date,
        finishedAt: Date? = nil,
        previousVersion: String? = nil,
        runID: String,
        error: String? = nil,
        hookRuns: [HookRunRecord] = []
    ) {
        self.id = id
        self.certificate = certificate
        self.version = version
        self.thumbprint = thumbprint
        self.sha256 = sha256
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.trigger = trigger
        self.outcome = outcome
        self.reason = reason
        self.actor = actor
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.previousVersion = previousVersion
        self.runID = runID
        self.error = error
        self.hookRuns = hookRuns
    }

    /// The names that `kvagent history --json` promises, where they differ from ours.
    private enum CodingKeys: String, CodingKey {
        case id, certificate, version, thumbprint, sha256, notBefore, notAfter, trigger, outcome
        case reason, actor, startedAt, finishedAt, previousVersion, error
        case runID = "runId"
        case hookRuns = "hooks"
    }
}

/// A deployment as it begins.
package struct NewDeployment: Sendable, Hashable {
    package var certificate: String
    package var version: String
    package var trigger: Trigger
    /// Who wanted it: "kvagent", or the user behind a command.
    package var actor: String
    /// Why, where a person said so.
    package var reason: String?
    package var startedAt: Date
    package var previousVersion: String?
    /// The pass that it belongs to; shared by what one pass deploys.
    package var runID: String

    package init(
        certificate: String,
        version: String,
        trigger: Trigger,
        actor: String,
        reason: String? = nil,
        startedAt: Date,
        previousVersion: String? = nil,
        runID: String
    ) {
        self.certificate = certificate
        self.version = version
        self.trigger = trigger
        self.actor = actor
        self.reason = reason
        self.startedAt = startedAt
        self.previousVersion = previousVersion
        self.runID = runID
    }
}

/// Which deployments to read; nothing set means all.
package struct HistoryFilter: Sendable, Hashable {
    package var certificate: String?
    /// Only those of this version.
    package var version: String?
    /// Only what began then or later.
    package var since: Date?
    /// Only what began before.
    package var until: Date?
    package var outcome: Outcome?
    package var trigger: Trigger?
    /// The newest so many.
    package var limit: Int?

    package init(
        certificate: String? = nil,
        version: String? = nil,
        since: Date? = nil,
        until: Date? = nil,
        outcome: Outcome? = nil,
        trigger: Trigger? = nil,
        limit: Int? = nil
    ) {
        self.certificate = certificate
        self.version = version
        self.since = since
        self.until = until
        self.outcome = outcome
        self.trigger = trigger
        self.limit = limit
    }
}
