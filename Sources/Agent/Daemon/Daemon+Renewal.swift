import History
import Logging
import Store

/// What the daemon takes anew while it runs: its settings, and a history that was lost.
extension Daemon {
    /// Reads the settings again; the old ones stay when the new ones are no good.
    func reload(_ state: inout DaemonState) {
        // Still starting, it isn't ready afterwards either.
        if state.isReady { notifier.reloading() }
        if let fresh = reloaded(state.agent) {
            state.follow(fresh)
            state.settingsTrouble = nil
        } else {
            state.settingsTrouble = "new settings not taken over (see the log)"
        }
        notifier.status(state.statusLine())
        if state.isReady { notifier.ready() }
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
            let agent = try Agent.open(
                settings,
                actor: old.actor,
                logger: logger,
                heartbeat: heartbeat,
                gates: gates
            )
            logger.notice(
                .notable(.settingsReadAgain),
                metadata: ["certificates": "\(settings.certificates.count)"]
            )
            report(settings.notes)
            if settings.logging != old.settings.logging {
                logger.warning("changed loggingSettings take effect at the next start")
            }
            return agent
        } catch {
            logger.error(.notable(.settingsRefused), metadata: ["error": "\(error)"])
            return nil
        }
    }

    /// Opens the history anew where its file was deleted, moved or replaced, or is damaged.
    func renewHistory(_ state: inout DaemonState) {
        let history = state.agent.history
        guard history.isDamaged || !history.isInPlace, let fresh = reopened(state.agent) else {
            return
        }
        state.agent = fresh
    }

    /// An agent with the directories and the history as they are now; nil when there can be none
    /// yet.
    private func reopened(_ old: Agent) -> Agent? {
        do {
            let agent = try Agent.open(
                old.settings,
                actor: old.actor,
                logger: logger,
                heartbeat: heartbeat,
                after: old.history,
                gates: gates
            )
            // Of a damaged one the log has just said so.
            if !old.history.isDamaged {
                logger.error(
                    "history was deleted or replaced, it is opened anew",
                    metadata: ["path": "\(agent.history.path)"]
                )
            }
            return agent
        } catch {
            logger.error("history can't be opened anew", metadata: ["error": "\(error)"])
            return nil
        }
    }

    func report(_ notes: [SettingsProblem]) {
        for note in notes {
            logger.warning("setting without effect", metadata: ["setting": "\(note)"])
        }
    }
}
