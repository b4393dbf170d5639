import Glibc

/// Work that blocks, on a thread that it has for itself.
///
/// Swift's own threads are as many as there are processors; one that waits for a server would be
/// missing everywhere else.
enum OwnThread {
    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts the thread, which ends with `body`.
    ///
    /// - Returns: 0, or the system's error, and then `body` never runs.
    static func start(_ body: @escaping @Sendable () -> Void) -> Int32 {
        let context = Unmanaged.passRetained(Work(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                // A server that hangs up must not end the process: SIGPIPE stays pending for this
                // thread and goes with it. Nor should a handler of the process run here.
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                Unmanaged<Work>.fromOpaque(context).takeRetainedValue().body()
                return nil
            },
            context.toOpaque()
        )
        if code == 0 { pthread_detach(thread) } else { context.release() }
        return code
    }

    /// Waits for what `body` gives, on whatever thread; a cancelled task waits just the same.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () -> Value,
        otherwise: @escaping @Sendable (Int32) -> Value
    ) async -> Value {
        await withCheckedContinuation { continuation in
            let code = start { continuation.resume(returning: body()) }
            if code != 0 { continuation.resume(returning: otherwise(code)) }
        }
    }
}
