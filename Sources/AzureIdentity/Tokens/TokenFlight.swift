import Locking

/// One request for a token under way, and those who wait for it.
///
/// The request is a task of its own, because it belongs to none of its callers: one that gives up
/// must not take the token from the others. When the last one gives up, it is cancelled.
final class TokenFlight: Sendable {
    private struct Waiters {
        var count = 0
        var isAbandoned = false
    }

    private let task: Task<Result<AccessToken, IdentityError>, Never>
    private let waiters = Locked(Waiters())

    /// Whether there is a token that still counts: one try, and no harm when it comes to nothing.
    let isAhead: Bool

    init(isAhead: Bool, _ work: @escaping @Sendable () async -> Result<AccessToken, IdentityError>)
    {
        self.isAhead = isAhead
        task = Task(operation: work)
    }

    /// Whether it has been cancelled, so that its outcome says nothing.
    var isAbandoned: Bool { waiters.withLock { $0.isAbandoned } }

    /// Counts a caller in; false when everyone before has given up, and the request with them.
    func join() -> Bool {
        waiters.withLock { waiters in
            guard !waiters.isAbandoned else { return false }
            waiters.count += 1
            return true
        }
    }

    /// The outcome, for a caller that has joined.
    func outcome() async -> Result<AccessToken, IdentityError> {
        await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            let isLast = waiters.withLock { waiters in
                waiters.count -= 1
                waiters.isAbandoned = waiters.count == 0
                return waiters.isAbandoned
            }
            if isLast { task.cancel() }
        }
    }
}
