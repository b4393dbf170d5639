import Locking

/// Shows the service manager that the daemon gets on with its work.
///
/// A sign of life comes from a step that was made: an event that the loop took, a vault's answer,
/// a hook's end. What may take long by its nature is vouched for, but only for as long as it can
/// take when all is well; a daemon that is stuck falls silent then, and is started anew.
///
/// While the unit starts or stops, a step that changes something also asks for the time that it
/// may take, so that a deployment under way is not killed at the unit's own time limit.
package final class Heartbeat: Sendable {
    /// Where the daemon is in its life, as the service manager sees it.
    enum Stage: Sendable { case starting, running, stopping }

    private struct State {
        var stage = Stage.starting

        /// Until when the step under way is vouched for, and how long such a step may take.
        var vouchedUntil: ContinuousClock.Instant?
        var limit: Duration = .zero

        /// Whether the step must not be cut short.
        var isChange = false
    }

    private let notifier: ServiceNotifier
    private let state = Locked(State())

    package init(_ notifier: ServiceNotifier) {
        self.notifier = notifier
    }

    /// For whatever isn't a service.
    package static let none = Heartbeat(ServiceNotifier(socket: nil))

    /// How often the loop has to show itself; nil when nobody watches, and then nothing wakes it.
    ///
    /// Half of the manager's limit, as sd_watchdog_enabled(3) recommends.
    var period: Duration? { notifier.watchdog.map { $0 / 2 } }

    /// A step was made.
    func beat() {
        state.withLock { state in
            if state.vouchedUntil != nil { state.vouchedUntil = .now + state.limit }
        }
        if notifier.watchdog != nil { notifier.alive() }
    }

    /// The daemon is ready, or begins to stop.
    func enter(_ stage: Stage) {
        let remaining = state.withLock { state in
            state.stage = stage
            return state.isChange ? state.vouchedUntil.map { $0 - .now } : nil
        }
        switch stage {
        case .starting: break
        case .running: notifier.ready()
        case .stopping:
            notifier.stopping()
            if let remaining { notifier.extendTimeout(by: remaining) }
        }
    }

    /// Runs one step that may take long, and vouches for it meanwhile.
    ///
    /// - Parameters:
    ///   - limit: The longest that it takes when all is well; steps within it that `beat` begin
    ///     the time anew.
    ///   - isChange: Whether it must be finished even while the unit starts or stops.
    ///   - body: The step.
    /// - Returns: What the step returns.
    func vouching<Value>(
        for limit: Duration,
        isChange: Bool,
        _ body: () async throws -> Value
    ) async rethrows -> Value {
        let outer = state.withLock { state in
            let outer = state
            state.vouchedUntil = .now + limit
            state.limit = limit
            state.isChange = isChange
            return outer
        }
        if isChange, outer.stage != .running { notifier.extendTimeout(by: limit) }
        defer {
            state.withLock { state in
                state.vouchedUntil = outer.vouchedUntil
                state.limit = outer.limit
                state.isChange = outer.isChange
            }
            beat()
        }
        guard let period else { return try await body() }
        // Ends with this scope, for nobody waits for it.
        async let _: Void = vouch(every: period)
        return try await body()
    }

    func vouch(every period: Duration) async {
        while let end = state.withLock(\.vouchedUntil), ContinuousClock.now < end {
            notifier.alive()
            // Cancelled when the step has ended.
            guard (try? await Task.sleep(for: period)) != nil else { return }
        }
    }
}
