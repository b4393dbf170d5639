import FoundationEssentials

/// What came of running a hook once.
package struct HookRun: Sendable, Equatable {
    package let hook: Hook
    package let startedAt: Date
    package let duration: Duration
    package let outcome: HookOutcome
    /// The last 8 KiB of stdout and stderr together, in order, as printable text; a private key
    /// in it is left out.
    package let output: String

    package init(
        hook: Hook,
        startedAt: Date,
        duration: Duration,
        outcome: HookOutcome,
        output: String
    ) {
        self.hook = hook
        self.startedAt = startedAt
        self.duration = duration
        self.outcome = outcome
        self.output = output
    }
}
