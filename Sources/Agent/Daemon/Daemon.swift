import Foundation
import History
import KeyVault
import Logging
import ServiceLifecycle
import Store
import SystemPackage
import UnixSignals

/// The long-running agent: polls when a certificate is due, and heeds signals.
///
/// | signal | effect |
/// |---|---|
/// | SIGHUP | reads the settings again; bad ones are reported and the old ones stay |
/// | SIGUSR1 | polls every certificate now |
/// | SIGTERM, SIGINT | stops: what is being asked is dropped, what is being changed is finished |
///
/// Between polls it sleeps. Only a service manager that watches it (`WatchdogSec=`) has it woken more
/// often, to show that its loop still turns.
package struct Daemon: Service {
    /// What can wake the daemon.
    private enum Wake: Sendable {
        case due
        case pollNow
        case reload
    }

    /// How long a pass that could not even begin (lock held, disk full) waits for the next try.
    private static let pauseAfterFailedPass: Duration = .seconds(30)

    /// Long enough for a `kvagent status` that looks who runs, too short to wait for another daemon.
    private static let patience: Duration = .seconds(1)

    /// Before a shorter sleep, memory is kept as it is: it is wanted again soon.
    private static let longSleep: Duration = .seconds(30)

    let settingsFile: String
    private let agent: Agent
    let notifier: ServiceNotifier
    let heartbeat: Heartbeat
    let gates: VaultGates
    let logger: Logger

    /// A daemon that is not running yet.
    ///
    /// - Parameters:
    ///   - settings: As they are now.
    ///   - settingsFile: Where they are from; read again at each SIGHUP.
    ///   - actor: Who acts, for the history.
    ///   - notifier: The service manager that wants to know.
    ///   - logger: Where to tell what it does.
    /// - Throws: As `Agent.open`.
    package init(
        _ settings: Settings,
        from settingsFile: String,
        actor: String,
        notifier: ServiceNotifier = .fromEnvironment(),
        logger: Logger
    ) throws {
        heartbeat = Heartbeat(notifier)
        gates = VaultGates(.standard)
        agent = try Agent.open(
            settings,
            actor: actor,
            logger: logger,
            heartbeat: heartbeat,
            gates: gates
        )
        self.settingsFile = settingsFile
        self.notifier = notifier
        self.logger = logger
    }

    /// Runs until a graceful shutdown.
    ///
    /// - Throws: `LockError` when another daemon runs on the same state directory.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            try await loop()
        } onGracefulShutdown: {
            // At once, not after the deployment that may be under way and that is finished first.
            heartbeat.enter(.stopping)
        }
    }

    private func loop() async throws {
        var lock = try await acquireLock()
        var state = DaemonState(agent)
        logger.notice(
            .notable(.started),
            metadata: [
                "certificates": "\(agent.settings.certificates.count)",
                "settings": "\(settingsFile)", "daemonVersion": "\(kvagentVersion)",
            ]
        )
        report(agent.settings.notes)

        let (wakes, wake) = AsyncStream.makeStream(of: Wake.self)
        let signals = Task {
            for await signal in await UnixSignalsSequence(trapping: .sighup, .sigusr1) {
                wake.yield(signal == .sighup ? .reload : .pollNow)
            }
        }
        defer { signals.cancel() }
        await recover()
        state.spreadFirstPolls()
        if !agent.settings.requireInitialSync { becomeReady(&state) }
        var timer: Task<Void, any Error>?
        wake.yield(.due)

        for await event in wakes.cancelOnGracefulShutdown() {
            heartbeat.beat()
            switch event {
            case .due: break
            case .pollNow: state.schedule.makeAllDue()
            case .reload: reload(&state)
            }
            renewHistory(&state)
            if !lock.isOn(agent.settings.daemonLockFile) { lock = try await acquireLock() }
            await poll(&state)
            if state.agent.history.isDamaged {
                // Once more at once, with a new one: certificates must be renewed all the same.
                renewHistory(&state)
                state.schedule.makeAllDue()
                await poll(&state)
            }
            if state.clearsHistory() { state.agent.removeOldHistory() }
            if let problem = metricsProblem(of: state.agent), state.isNew(warning: problem) {
                logger.error("metrics not written", metadata: ["error": "\(problem)"])
            }
            let next = min(state.schedule.next, owedHookTime(state.agent) ?? state.schedule.next)
            if ContinuousClock.now.duration(to: next) > Self.longSleep {
                ProgramPages.release()
            }
            timer?.cancel()
            timer = Self.timer(until: next, within: heartbeat.period, wake)
        }
        timer?.cancel()
        lock.release()
        logger.notice(.notable(.stopped))
    }

    /// The lock that one daemon holds on a state directory for as long as it runs.
    private func acquireLock() async throws(LockError) -> ProcessLock {
        try await ProcessLock.acquire(
            at: agent.settings.daemonLockFile,
            within: Self.patience
        )
    }

    /// Finishes what a crash left, before anybody is told that the certificates are in order.
    ///
    /// What keeps it from that (the lock, the database) the pass that follows meets as well, and
    /// tries again.
    private func recover() async {
        do {
            _ = try await agent.nextRun().settleDebts()
        } catch {
            logger.error(.notable(.passFailed), metadata: ["error": "\(error)"])
        }
    }

    private func becomeReady(_ state: inout DaemonState) {
        state.isReady = true
        heartbeat.enter(.running)
    }

    /// Looks at whatever is due, and tells the service manager how things are then.
    private func poll(_ state: inout DaemonState) async {
        let names = state.schedule.due()
        if names.isEmpty {
            await runOwedHooks(state)
        } else {
            do {
                let report = try await state.agent.nextRun().pass(
                    over: names,
                    trigger: .poll,
                    gathering: state.agent.settings.hooks.coalesce
                )
                state.passTrouble = nil
                for warning in state.note(report) {
                    logger.warning("hook skipped", metadata: ["reason": "\(warning)"])
                }
                logger.info(
                    "pass done",
                    metadata: [
                        "certificates": "\(report.certificates.count)",
                        "deployed": "\(report.certificates.filter(\.isDeployed).count)",
                    ]
                )
            } catch is CancellationError {
                return
            } catch {
                logger.error(.notable(.passFailed), metadata: ["error": "\(error)"])
                state.passTrouble = "last pass not made: \(error)"
                state.schedule.postpone(by: Self.pauseAfterFailedPass)
            }
            notifier.status(state.statusLine())
        }
        if !state.isReady, state.isInitiallySynced { becomeReady(&state) }
    }

    /// Tries the hooks that are owed and due, between two polls.
    private func runOwedHooks(_ state: DaemonState) async {
        do {
            guard let next = try state.agent.nextOwedHook(), next <= Date() else { return }
            _ = try await state.agent.nextRun().settleDebts(onlyDue: true)
        } catch {
            logger.error(.notable(.passFailed), metadata: ["error": "\(error)"])
        }
        notifier.status(state.statusLine())
    }

    /// When to wake for a hook that is owed; nil when none is, or the next poll will say why not.
    ///
    /// Never at once: what could not be tried just now is not helped by haste.
    private func owedHookTime(_ agent: Agent) -> ContinuousClock.Instant? {
        guard let next = try? agent.nextOwedHook() else { return nil }
        let pause = max(Schedule.firstRetry, next.timeIntervalSinceNow)
        return .now + .seconds(pause)
    }

    /// Yields `.due` at `time`, or when `limit` is over, unless it is cancelled before.
    private static func timer(
        until time: ContinuousClock.Instant,
        within limit: Duration?,
        _ wake: AsyncStream<Wake>.Continuation
    ) -> Task<Void, any Error> {
        Task {
            let end = limit.map { min(time, .now + $0) } ?? time
            try await Task.sleep(until: end, clock: .continuous)
            wake.yield(.due)
        }
    }

    /// Writes the metrics, and says what keeps them from being written; the daemon goes on.
    private func metricsProblem(of agent: Agent) -> String? {
        do {
            try agent.writeMetrics()
            return nil
        } catch {
            return "\(error)"
        }
    }

}

extension Settings {
    /// Held by the daemon for as long as it runs.
    package var daemonLockFile: FilePath { stateDirectory.appending("daemon.lock") }
}

extension CertificateReport {
    var isDeployed: Bool {
        if case .deployed = verdict { true } else { false }
    }
}
