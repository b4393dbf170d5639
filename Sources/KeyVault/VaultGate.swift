/// Where all of a process's readings of one vault pass, as ``VaultPace`` allows.
///
/// A throttled vault slows itself only: every vault has a gate of its own.
package actor VaultGate {
    /// What becomes of a reading that asked to begin.
    enum Admission: Sendable {
        case entered(VaultPace.Entry)
        case refused(VaultError, rest: Duration?)
        case cancelled
    }

    private struct Waiter {
        let id: UInt64
        let earliest: ContinuousClock.Instant
        let reply: CheckedContinuation<Admission, Never>
    }

    private var pace: VaultPace
    /// In the order of arrival.
    private var queue: [Waiter] = []
    private var lastID: UInt64 = 0
    private var timer: Task<Void, any Error>?

    init(_ policy: RetryPolicy) {
        pace = VaultPace(policy)
    }

    deinit {
        timer?.cancel()
    }

    func beginPass() {
        pace.beginPass(at: .now)
        admit()
    }

    /// Waits until a reading may begin, which then has to end with one of the calls below.
    func enter(notBefore earliest: ContinuousClock.Instant) async -> Admission {
        lastID += 1
        let id = lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { reply in
                guard !Task.isCancelled else { return reply.resume(returning: .cancelled) }
                queue.append(Waiter(id: id, earliest: earliest, reply: reply))
                admit()
            }
        } onCancel: {
            // It comes after the waiter was queued: that needed the actor without a break.
            Task { await cancel(id) }
        }
    }

    func left(_ entry: VaultPace.Entry) {
        pace.left(entry)
        admit()
    }

    func answered(_ entry: VaultPace.Entry) {
        pace.answered(entry, at: .now)
        admit()
    }

    /// When a reading that failed may be tried again; nil for not in this pass.
    func failed(
        _ entry: VaultPace.Entry,
        _ failure: VaultPace.Failure
    ) -> ContinuousClock.Instant? {
        let moment = pace.failed(entry, failure, at: .now, chance: .random(in: 0...1))
        admit()
        return moment
    }

    private func cancel(_ id: UInt64) {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return }
        queue.remove(at: index).reply.resume(returning: .cancelled)
    }

    /// Lets in whoever may begin now, and wakes for the next.
    private func admit() {
        timer?.cancel()
        timer = nil
        let now = ContinuousClock.now
        var next: ContinuousClock.Instant?
        var index = 0
        scan: while index < queue.count {
            switch pace.admission(at: now, earliest: queue[index].earliest) {
            case .enter(let entry):
                queue.remove(at: index).reply.resume(returning: .entered(entry))
            case .refuse(let error, let rest):
                queue.remove(at: index).reply.resume(returning: .refused(error, rest: rest))
            case .wait(let until):
                next = min(next ?? until, until)
                index += 1
            case .full:
                // Whoever leaves comes by here.
                break scan
            }
        }
        guard let next else { return }
        timer = Task { [weak self] in
            try await Task.sleep(until: next, clock: .continuous)
            await self?.admit()
        }
    }
}
