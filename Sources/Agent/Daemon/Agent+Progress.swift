import Hooks

extension Agent {
    /// The longest that it may take until one more certificate has been observed.
    ///
    /// | request | tries and waits | at most |
    /// |---|---|---|
    /// | a token | 6 × 15 s, 75 s of waits | 165 s |
    /// | the certificate's public part | 3 × 60 s, 2 × 30 s of waits | 240 s |
    /// | the newest secret | the same | 240 s |
    /// | the version to deploy, where it is another one | the same | 240 s |
    ///
    /// In all 885 s.
    static let longestObservation: Duration = .seconds(900)

    /// What a hook may take beyond its timeout: TERM, a grace of 5 s, KILL, and its record.
    private static let hookGrace: Duration = .seconds(15)

    /// Runs one hook, and vouches for it for as long as it may take.
    func runHook(_ hook: Hook, event: HookEvent) async -> HookRun {
        await heartbeat.vouching(for: hook.timeout + Self.hookGrace, isChange: true) {
            await runner.run(hook, event: event)
        }
    }
}
