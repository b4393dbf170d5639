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
    /// - Returns: What went wrong, but for hooks that asked for later again.
    func runOwedHooks() async throws -> [String] {
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
            guard let hook = catalog.hook(owed: debt) else {
                problems.append("\(debt.certificate): the owed hook \"\(debt.hook)\" is not there")
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
        let run = await runHook(hook, event: event)
        for debt in debts {
            if let deployment = try history.lastDeployment(
                of: debt.certificate,
                version: debt.version
            ) {
                try history.record(HookRunRecord(run), of: deployment.id)
            }
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
    fileprivate func hook(owed debt: OwedHook) -> Hook? {
        HookPhase(rawValue: debt.phase).flatMap { phase in
            hooks(phase, for: debt.certificate).first { $0.name == debt.hook }
        }
    }
}
