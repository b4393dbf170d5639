import History

/// What a rollback did, or would do.
package struct RollbackReport: Sendable {
    /// The pass whose changes were to be undone; nil for the rollback of one certificate.
    package let batch: String?
    package let steps: [RollbackStep]

    /// What that pass has changed and does not go back.
    package let skipped: [SkippedRollback]
}

/// What happened, or would happen, to one certificate.
package struct RollbackStep: Sendable {
    package let certificate: String
    package let from: String?
    package let to: VersionRecord

    /// Whether the files come from the vault again, because those on disk are gone or are not
    /// what was recorded.
    package let isFetched: Bool

    /// The hooks that run, in their order.
    package let hooks: [String]

    /// Nil for a rehearsal.
    package var result: DeploymentResult?
}

/// A certificate that a pass has changed and that does not go back with the others.
package struct SkippedRollback: Sendable, Encodable {
    package let certificate: String
    package let reason: String

    /// Whether a version that the pass brought is live, and stays.
    package let isStillLive: Bool

    private enum CodingKeys: String, CodingKey { case certificate, reason }
}
