/// When a hook runs.
package enum HookPhase: String, Sendable, CaseIterable, Codable {
    /// A candidate is staged and not yet live: a failure rejects it.
    case check
    /// After the switch, for each certificate that changed.
    case deploy
    /// After all deploy hooks, once for the batch.
    case reload
    /// After something went back or was refused.
    case failure
}
