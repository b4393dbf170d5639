import Foundation
import History
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
/// Between polls it sleeps; nothing else wakes it.
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

    private let settingsFile: String
    private let agent: Agent
    private let notifier: ServiceNotifier
    private let logger: Logger

    /// A daemon that is not running yet.
    ///
    /// - Parameters:
    ///   - settingsFile: Read again at each SIGHUP.
    ///   - agent: The agent of the settings as they are now.
    ///   - logger: Where to tell what it does.
    package init(settingsFile: String, agent: Agent, logger: Logger) {
        self.settingsFile = settingsFile
        self.agent = agent
        self.notifier = ServiceNotifier.fromEnvironment()
        self.logger = logger
    }

    /// Runs until a graceful shutdown.
    ///
    /// - Throws: `LockError` when another daemon runs on the same state directory.
    package func run() async throws {
        var lock = try await ProcessLock.acquire(
            at: agent.settings.daemonLockFile,
            within: Self.patience
        )
        try await loop(holding: &lock)
        lock.release()
    }

    private func loop(holding lock: inout ProcessLock) async throws {
        var agent = agent
        var schedule = PollSchedule(agent.settings.certificates)
        var isReady = false
        logger.notice(
            "started",
            metadata: [
                "certificates": "\(agent.settings.certificates.count)",
                "settings": "\(settingsFile)",
            ]
        )
        report(agent.settings.notes)
        var warnings: Set<String> = []

        let (wakes, wake) = AsyncStream.makeStream(of: Wake.self)
        let signals = Task {
            for await signal in await UnixSignalsSequence(trapping: .sighup, .sigusr1) {
                wake.yield(signal == .sighup ? .reload : .pollNow)
            }
        }
        defer { signals.cancel() }
        var timer: Task<Void, any Error>?
        wake.yield(.due)
        if !agent.settings.requireInitialSync {
            notifier.ready()
            isReady = true
        }

        for await event in wakes.cancelOnGracefulShutdown() {
            switch event {
            case .due: break
            case .pollNow: schedule.makeAllDue()
            case .reload:
                notifier.reloading()
                if let fresh = reloaded(agent) {
                    agent = fresh
                    schedule.follow(agent.settings.certificates)
                }
                if isReady { notifier.ready() }
            }
            if !agent.history.isInPlace, let fresh = reopened(agent) { agent = fresh }
            if !lock.isOn(agent.settings.daemonLockFile) {
                lock = try await ProcessLock.acquire(
                    at: agent.settings.daemonLockFile,
                    within: Self.patience
                )
            }
            if let report = await pass(of: agent.nextRun(), over: schedule.due()) {
                schedule.note(report)
                for warning in report.warnings where warnings.insert(warning).inserted {
                    logger.warning("hook skipped", metadata: ["reason": "\(warning)"])
                }
                if !isReady, report.certificates.allSatisfy(\.isInstalled) {
                    notifier.ready()
                    isReady = true
                }
            } else {
                schedule.postpone(by: Self.pauseAfterFailedPass)
            }
            notifier.status(schedule.summary)
            timer?.cancel()
            timer = Self.timer(until: schedule.next, wake)
        }
        timer?.cancel()
        notifier.stopping()
        logger.notice("stopped")
    }

    /// Yields `.due` at `time`, unless it is cancelled before.
    private static func timer(
        until time: ContinuousClock.Instant,
        _ wake: AsyncStream<Wake>.Continuation
    ) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(until: time, clock: .continuous)
            wake.yield(.due)
        }
    }

    private func pass(of agent: Agent, over names: [String]) async -> PassReport? {
        guard !names.isEmpty else {
            return PassReport(runID: "", certificates: [], warnings: [], failedHooks: [])
        }
        do {
            let report = try await agent.pass(over: names, trigger: .poll)
            logger.info(
                "pass done",
                metadata: [
                    "certificates": "\(report.certificates.count)",
                    "deployed": "\(report.certificates.filter(\.isDeployed).count)",
                ]
            )
            return report
        } catch is CancellationError {
            return nil
        } catch {
            logger.error("pass could not be made", metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// An agent of re-read settings, or nil when they are no good: then the old one goes on.
    private func reloaded(_ old: Agent) -> Agent? {
        do {
            let settings = try Settings.read(settingsFile)
            guard settings.stateDirectory == old.settings.stateDirectory else {
                throw SettingsError([
                    settings.origins.problem(
                        "stateDirectory",
                        "can't change while the daemon runs; restart it"
                    )
                ])
            }
            let agent = try Agent.open(settings, actor: old.actor, logger: logger)
            logger.notice(
                "settings read again",
                metadata: ["certificates": "\(settings.certificates.count)"]
            )
            report(settings.notes)
            return agent
        } catch {
            logger.error("settings not taken over, the old ones stay: \(error)")
            return nil
        }
    }

    /// An agent with the directories and the history as they are now, for those that `old` had were
    /// deleted, moved or set aside under it; nil when there can be none yet.
    private func reopened(_ old: Agent) -> Agent? {
        do {
            let agent = try Agent.open(old.settings, actor: old.actor, logger: logger)
            logger.error(
                "history was deleted or replaced, it is opened anew",
                metadata: ["path": "\(agent.history.path)"]
            )
            return agent
        } catch {
            logger.error("history can't be opened anew", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func report(_ notes: [SettingsProblem]) {
        for note in notes { logger.warning("setting without effect: \(note)") }
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

    /// Whether the certificate is live, or can never be: what an initial sync waits for.
    var isInstalled: Bool {
        switch verdict {
        case .unchanged, .deployed, .ignored: true
        case .deployedDespite: true
        case .wouldDeploy, .held, .refused, .rolledBack, .failed, .notObserved: false
        }
    }
}
