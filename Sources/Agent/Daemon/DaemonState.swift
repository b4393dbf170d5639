import Foundation
import History
import Store

/// What the daemon knows from one event to the next.
struct DaemonState {
    var agent: Agent
    var schedule: PollSchedule

    /// Whether the service manager was told so.
    var isReady = false

    /// What was wrong with the settings at the last SIGHUP, and with the last pass.
    var settingsTrouble: String?
    var passTrouble: String?

    /// When the history was last cleared of what is old.
    private var historyCleared: ContinuousClock.Instant?

    /// The secrets that turned out to be no certificates: nothing will ever be installed for them.
    private var ignored: Set<String> = []

    /// The warnings that were said; each is said once.
    private var warnings: Set<String> = []

    init(_ agent: Agent) {
        self.agent = agent
        schedule = PollSchedule(agent.settings.certificates)
    }

    /// Spreads the first polls of what is in order already; the rest is polled at once.
    ///
    /// The plan is kept, so that `kvagent status` tells it.
    mutating func spreadFirstPolls() {
        let delays = agent.delaysOfFirstPolls()
        for (name, delay) in delays { schedule.delay(name, by: delay) }
        let now = Date()
        // A plan that nobody can read changes nothing about it.
        try? agent.history.planPolls(delays.mapValues { now.addingTimeInterval($0.inSeconds) })
    }

    /// Takes over what a pass brought.
    ///
    /// - Returns: The warnings that are new.
    mutating func note(_ report: PassReport) -> [String] {
        schedule.note(report)
        for certificate in report.certificates {
            if case .ignored = certificate.verdict {
                ignored.insert(certificate.name)
            } else {
                ignored.remove(certificate.name)
            }
        }
        return report.warnings.filter { warnings.insert($0).inserted }
    }

    /// Whether a warning was not said yet; from now on it was.
    mutating func isNew(warning: String) -> Bool {
        warnings.insert(warning).inserted
    }

    /// Whether the history is to be cleared of what is old: after the start, and then once a day.
    mutating func clearsHistory(at now: ContinuousClock.Instant = .now) -> Bool {
        if let historyCleared, historyCleared.duration(to: now) < .seconds(86_400) { return false }
        historyCleared = now
        return true
    }

    /// Takes over an agent of other settings.
    mutating func follow(_ fresh: Agent) {
        agent = fresh
        schedule.follow(fresh.settings.certificates)
    }

    /// What an initial sync waits for: a version of every certificate is live.
    ///
    /// Which one it is doesn't matter: a boot must not hang on a vault that is away, or on a new
    /// version that is no good, while what was installed before does its service.
    var isInitiallySynced: Bool {
        agent.settings.certificates.allSatisfy { certificate in
            // A store that can't be read has nothing that a service could use.
            ignored.contains(certificate.name)
                || (try? agent.store(of: certificate).currentVersion(of: certificate.name)) != nil
        }
    }

    /// The line for the service manager.
    func statusLine() -> String {
        let trouble = [settingsTrouble, passTrouble].compactMap(\.self)
        do {
            let report = try StatusReport(
                agent.settings,
                history: agent.history,
                daemon: nil,
                findsOrphans: false
            )
            return StatusLine(
                certificates: report.certificates.map { ($0.name, $0.state) },
                nextPoll: schedule.nextDate,
                trouble: trouble.isEmpty ? nil : trouble.joined(separator: "; ")
            ).text()
        } catch {
            return "\(error)"
        }
    }
}
