/// The contract of `kvagent prune --json`.
package struct PruneReport: Sendable, Encodable {
    package var dryRun: Bool
    package var orphans: [PrunedOrphan]

    /// Whether something that should go is still there.
    package var hasErrors: Bool { orphans.contains { !$0.errors.isEmpty } }
}

/// What became of one orphan.
package struct PrunedOrphan: Sendable, Encodable {
    /// Something that stays, since the agent hasn't made it.
    package struct Leftover: Sendable, Encodable {
        package var path: String
        package var reason: String
    }

    package var name: String

    /// The certificate's own directory; null where only targets are orphaned.
    @OrNull package var directory: String?

    /// The versions that lay there.
    package var versions: [String]

    /// What was removed, or with `dryRun` would be, by path, in that order.
    package var removed: [String] = []
    package var left: [Leftover] = []

    /// What could not be removed, and why; another run tries it again.
    package var errors: [String] = []
}
