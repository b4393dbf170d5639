/// Lets no more requests through to an identity endpoint than it bears.
///
/// Microsoft, "Azure Instance Metadata Service", section "Rate limiting": 20 requests per second and
/// 5 at once, for all of a machine; what is more is answered with 429.
actor IdentityGate {
    static let atOnce = 5
    static let perSecond = 20

    private var running = 0
    private var queue: [(id: Int, turn: CheckedContinuation<Bool, Never>)] = []
    private var nextID = 0
    /// When the last of them started or will, in order; ``perSecond`` at most.
    private var starts: [ContinuousClock.Instant] = []

    /// Does `work` when it is its turn.
    ///
    /// Whoever is cancelled while waiting does it at once: such work asks nobody any more.
    nonisolated func pass<Value: Sendable, Failure: Error>(
        _ work: () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        guard await enter() else { return try await work() }
        let outcome: Result<Value, Failure>
        do throws(Failure) {
            outcome = .success(try await work())
        } catch {
            outcome = .failure(error)
        }
        await leave()
        return try outcome.get()
    }

    /// When another may start, after those that have: now, or a second after the one that many
    /// before it.
    static func start(
        after starts: [ContinuousClock.Instant],
        now: ContinuousClock.Instant
    ) -> ContinuousClock.Instant {
        guard starts.count >= perSecond else { return now }
        return max(now, starts[starts.count - perSecond] + .seconds(1))
    }

    /// Waits for a turn; false when cancelled before.
    private func enter() async -> Bool {
        guard await turn() else { return false }
        let now = ContinuousClock.now
        let start = Self.start(after: starts, now: now)
        starts = Array((starts + [start]).suffix(Self.perSecond))
        // Cancelled: then the work is over before it asks.
        if start > now { try? await Task.sleep(until: start) }
        return true
    }

    private func turn() async -> Bool {
        guard running >= Self.atOnce else {
            running += 1
            return true
        }
        nextID += 1
        let id = nextID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { turn in
                if Task.isCancelled {
                    turn.resume(returning: false)
                } else {
                    queue.append((id, turn))
                }
            }
        } onCancel: {
            Task { await self.giveUp(id) }
        }
    }

    private func giveUp(_ id: Int) {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue.remove(at: index).turn.resume(returning: false)
    }

    /// Hands the turn on, to whoever has waited longest.
    private func leave() {
        if queue.isEmpty {
            running -= 1
        } else {
            queue.removeFirst().turn.resume(returning: true)
        }
    }
}
