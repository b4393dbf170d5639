import Hooks
import Logging
import ServiceLifecycle

extension Agent {
    /// The longest that it may take until one more certificate has been observed.
    ///
    /// | request | tries and waits | at most |
    /// |---|---|---|
    /// | a token | 6 × 15 s, 75 s of waits | 165 s |
    /// | the certificate's public part | the first and the last of 60 s each, 60 s between | 180 s |
    /// | the newest secret | the same | 180 s |
    /// | the version to deploy, where it is another one | the same | 180 s |
    ///
    /// In all 705 s, and a rest for those that wait their turn.
    static let longestObservation: Duration = .seconds(900)

    /// What a hook may take beyond its timeout: TERM, a grace of 5 s, KILL, and its record.
    private static let hookGrace: Duration = .seconds(15)

    /// Runs one hook, and vouches for it for as long as it may take.
    func runHook(_ hook: Hook, event: HookEvent) async -> HookRun {
        await heartbeat.vouching(for: hook.timeout + Self.hookGrace, isChange: true) {
            await runner.run(hook, event: event)
        }
    }

    /// Runs one hook, and again after each failure for as long as it has retries.
    ///
    /// A daemon that is to stop waits for no further try.
    ///
    /// - Parameters:
    ///   - hook: The hook.
    ///   - event: What it is told at the first try.
    ///   - note: Takes each run, the last one too.
    /// - Returns: The last run.
    func runHookUntilItSucceeds(
        _ hook: Hook,
        event: HookEvent,
        noting note: (HookRun) throws -> Void
    ) async rethrows -> HookRun {
        var event = event
        var failures = 0
        while true {
            let run = await runHook(hook, event: event)
            try note(run)
            guard run.outcome.isFailure, failures < hook.retries else { return run }
            failures += 1
            event = event.again
            let pause = Hook.pause(afterFailures: failures)
            logger.warning(
                "hook failed, it is tried again",
                metadata: ["hook": "\(hook.name)", "in": "\(pause)", "error": "\(run.summary)"]
            )
            await heartbeat.vouching(for: pause + Self.hookGrace, isChange: true) {
                // Cut short by a stop, which is seen right below.
                try? await cancelWhenGracefulShutdown { try await Task.sleep(for: pause) }
            }
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return run }
        }
    }
}
