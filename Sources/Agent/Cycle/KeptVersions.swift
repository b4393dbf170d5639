/// What decides which versions of a certificate stay on disk once one has become live.
struct KeptVersions: Sendable {
    /// `history.keepVersions`.
    var count: Int

    /// Every version on record, newest fetched first.
    var recorded: [String]

    /// The version that has become live.
    var live: String

    /// Those that something may come back to or goes on with, whatever their age: what was live
    /// before, a pin's, the one that `rollback` takes by itself, those that a hook is owed for,
    /// those of deployments that aren't closed.
    var neededAnyway: [String?]

    /// Those whose last deployment was held, by the policy or by a check hook.
    var held: Set<String> = []

    /// What stays.
    ///
    /// What is held is asked for again at the next pass while it is newer than what is live. An
    /// older one was overtaken, and no pass comes back to it.
    var all: Set<String> {
        Set(recorded.prefix(count) + [live] + neededAnyway.compactMap(\.self))
            .union(newer.filter(held.contains))
    }

    /// The versions that were fetched after the live one.
    var newer: [String] { Array(recorded.prefix { $0 != live }) }
}
