import Foundation
import History
import Hooks
import Logging
import Store

extension Agent {
    /// Runs the hooks that are owed, each once for all the certificates that owe it.
    ///
    /// A debt is forgotten only when its version is known to be no longer live. A hook that can't
    /// be found, or a store that can't be read, leaves it: the file may only be away for a moment.
    ///
    /// - Parameter onlyDue: Whether to leave those whose next try by itself is still to come.
    /// - Returns: What went wrong, but for hooks that asked for later again.
    /// - Throws: `HistoryError`.
    func runOwedHooks(onlyDue: Bool = false) async throws -> [String] {
        let owed = try history.owedHooks(of: nil)
        guard !owed.isEmpty else { return [] }
        let catalog = hookCatalog()
        var groups: [(hook: Hook, owed: [OwedHook])] = []
        var problems: [String] = []
        for debt in owed where debt.phase != OwedHook.verifyPhase {
            guard let certificate = settings.certificate(named: debt.certificate) else { continue }
            let current: String?
            do {
                current = try store(of: certificate).currentVersion(of: debt.certificate)
            } catch {
                problems.append("\(debt.certificate): \(error)")
                continue
            }
            guard current == debt.version else {
                try history.settle(debt)
                continue
            }
            if onlyDue, try nextTry(of: debt, certificate) > Date() { continue }
            guard let hook = catalog.hook(owed: debt) else {
                problems.append(
                    "\(debt.certificate): the owed hook \"\(debt.hook)\" is not there; put it back, or forget it: kvagent retry \(debt.certificate)"
                )
                continue
            }
            if hook.phase == .reload,
                let group = groups.firstIndex(where: { $0.hook.isSame(as: hook) })
            {
                groups[group].owed.append(debt)
            } else {
                groups.append((hook, [debt]))
            }
        }
        for problem in problems {
            logger.warning("owed hook can't be run", metadata: ["reason": "\(problem)"])
        }
        for group in groups {
            if let problem = try await run(group.hook, owedBy: group.owed) {
                problems.append(problem)
            }
        }
        return try await problems + verifyOwed()
    }

    /// When the first of the hooks that are owed is tried again by itself; nil when none is.
    ///
    /// One that isn't there now is left to the polls.
    func nextOwedHook() throws -> Date? {
        let owed = try history.owedHooks(of: nil)
        guard !owed.isEmpty else { return nil }
        let catalog = hookCatalog()
        return try owed.compactMap { debt in
            guard let certificate = settings.certificate(named: debt.certificate),
                catalog.hook(owed: debt) != nil
            else { return nil }
            return try nextTry(of: debt, certificate)
        }.min()
    }

    /// When a debt is tried again: after the pauses of ``Schedule``, so soon at first and at the
    /// latest at each poll.
    private func nextTry(of debt: OwedHook, _ certificate: ObservedCertificate) throws -> Date {
        guard debt.attempts > 0, let last = try history.lastRun(of: debt) else {
            return .distantPast
        }
        return Schedule.retry(
            after: last,
            interval: certificate.pollingInterval,
            failures: debt.attempts,
            jitter: 0
        )
    }

    private func run(_ hook: Hook, owedBy debts: [OwedHook]) async throws -> String? {
        let certificates = debts.compactMap { debt in
            settings.certificate(named: debt.certificate).map {
                eventCertificate($0, version: debt.version, previous: nil, isLive: true)
            }
        }
        let event = HookEvent(
            phase: hook.phase,
            trigger: Trigger.recovery.rawValue,
            runId: runID,
            attempt: (debts.map(\.attempts).max() ?? 0) + 1,
            certificates: certificates,
            error: nil
        )
        let run = try await runHookUntilItSucceeds(hook, event: event) { run in
            for debt in debts {
                if let deployment = try history.lastDeployment(
                    of: debt.certificate,
                    version: debt.version
                ) {
                    try history.record(HookRunRecord(run), of: deployment.id)
                }
            }
        }
        for debt in debts {
            if run.outcome.isSuccess {
                try history.settle(debt)
            } else {
                try history.owe(debt)
            }
        }
        let metadata: Logger.Metadata = [
            "hook": "\(hook.name)",
            "certificates": "\(debts.map(\.certificate).joined(separator: " "))",
            "error": "\(run.outcome.isSuccess ? "" : run.summary)",
        ]
        guard !run.outcome.isSuccess else {
            logger.notice(.notable(.owedHookSucceeded), metadata: metadata)
            return nil
        }
        logger.warning(.notable(.owedHookFailed), metadata: metadata)
        return run.outcome == .later ? nil : run.summary
    }
}

extension HookCatalog {
    /// The hook that is owed, if it still applies to the certificate.
    func hook(owed debt: OwedHook) -> Hook? {
        HookPhase(rawValue: debt.phase).flatMap { phase in
            hooks(phase, for: debt.certificate).first { $0.name == debt.hook }
        }
    }
}
