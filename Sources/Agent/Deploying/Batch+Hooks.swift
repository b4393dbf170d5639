import Foundation
import History
import Hooks
import Logging

extension Batch {
    /// Runs the deploy hooks of one certificate; a failure takes it back, as the settings say.
    mutating func runDeployHooks(_ index: Int) async {
        let event = event(.deploy, of: [index])
        for hook in catalog.hooks(.deploy, for: members[index].candidate.name) {
            let run = await run(hook, event, of: [index])
            if let error = judge(run, of: [index]) {
                await goBack([index: error], reloading: [])
                return
            }
        }
    }

    /// Runs each reload hook once for all the certificates that it applies to.
    mutating func runReloadHooks() async {
        var done: [Hook] = []
        for (hook, indices) in reloadGroups() {
            let live = indices.filter { members[$0].state == .live }
            guard !live.isEmpty else { continue }
            done.append(hook)
            let run = await run(hook, event(.reload, of: live), of: live)
            if let error = judge(run, of: live) {
                await goBack(
                    Dictionary(uniqueKeysWithValues: live.map { ($0, error) }),
                    reloading: done
                )
                suspect(live)
            }
        }
    }

    mutating func runFailureHooks(_ index: Int) async {
        let event = event(.failure, of: [index])
        for hook in catalog.hooks(.failure, for: members[index].candidate.name) {
            _ = await run(hook, event, of: [index])
        }
    }

    /// The same command is one hook, whichever certificates named it: ten certificates that
    /// reload nginx reload it once.
    func reloadGroups() -> [(hook: Hook, indices: [Int])] {
        var groups: [(hook: Hook, indices: [Int])] = []
        for index in members.indices where members[index].state == .live {
            for hook in catalog.hooks(.reload, for: members[index].candidate.name) {
                if let group = groups.firstIndex(where: { $0.hook.isSame(as: hook) }) {
                    if !groups[group].indices.contains(index) {
                        groups[group].indices.append(index)
                    }
                } else {
                    groups.append((hook, [index]))
                }
            }
        }
        return groups
    }

    /// Runs one hook and records it under every deployment that it was run for.
    mutating func run(_ hook: Hook, _ event: HookEvent, of indices: [Int]) async -> HookRun {
        let run = await agent.runHookUntilItSucceeds(hook, event: event) { run in
            for index in indices {
                let deployment = members[index].deployment
                note { history throws(HistoryError) in
                    try history.record(HookRunRecord(run), of: deployment)
                }
            }
        }
        if !run.outcome.isSuccess { logFailure(run, of: indices) }
        return run
    }

    /// What the end of a hook means for the certificates it was run for.
    ///
    /// - Returns: The reason to take them back, or nil when they stay.
    private mutating func judge(_ run: HookRun, of indices: [Int]) -> String? {
        let policy = agent.settings.hooks.onFailure
        switch run.outcome {
        case .succeeded:
            for index in indices {
                let debt = owed(run.hook, index, live: true)
                note { history throws(HistoryError) in try history.settle(debt) }
            }
            return nil
        case .later:
            for index in indices {
                members[index].owesHooks = true
                owe(owed(run.hook, index, live: true))
            }
            return nil
        case .failed, .signalled, .timedOut, .couldNotStart:
            guard policy != .rollback else { return run.summary }
            for index in indices {
                members[index].error = run.summary
                guard policy == .retry else { continue }
                members[index].owesHooks = true
                owe(owed(run.hook, index, live: true))
            }
            return nil
        }
    }

    /// Takes certificates back, runs the hooks of what is live again, and looks whether it is
    /// served.
    ///
    /// A hook or a look that fails on the way back is owed: it is made again at each pass, and
    /// until it succeeds the certificate counts as degraded.
    ///
    /// - Parameters:
    ///   - errors: Who goes back, each with the reason.
    ///   - hooks: The reload hooks that have run so far.
    mutating func goBack(_ errors: [Int: String], reloading hooks: [Hook]) async {
        let indices = errors.keys.sorted()
        for index in indices {
            members[index].error = errors[index]
            takeBack(index)
        }
        let back = indices.filter {
            members[$0].state == .wentBack && members[$0].candidate.previous != nil
        }
        for index in back {
            let event = event(.deploy, of: [index])
            for hook in catalog.hooks(.deploy, for: members[index].candidate.name) {
                await runAfterGoingBack(hook, event, of: [index])
            }
        }
        guard !back.isEmpty else { return }
        for hook in hooks {
            let concerned = back.filter { index in
                catalog.hooks(.reload, for: members[index].candidate.name)
                    .contains { $0.isSame(as: hook) }
            }
            guard !concerned.isEmpty else { continue }
            await runAfterGoingBack(hook, event(.reload, of: concerned), of: concerned)
        }
        await verifyAfterGoingBack(back)
    }

    /// Notes that one of these has failed for all, when every hook is content with what came back.
    ///
    /// A hook that isn't has a reason of its own, and a certificate that had nothing to go back to
    /// proves nothing.
    private mutating func suspect(_ indices: [Int]) {
        let back = indices.filter { members[$0].state == .wentBack }
        guard back.count > 1, back.contains(where: { members[$0].candidate.previous != nil }),
            !back.contains(where: { members[$0].isOwing })
        else { return }
        for index in back {
            members[index].isSuspect = true
            members[index].error = (members[index].error ?? "") + Self.triedAgain
        }
    }

    private static let triedAgain = "; it is tried again with fewer others"

    private mutating func runAfterGoingBack(
        _ hook: Hook,
        _ event: HookEvent,
        of indices: [Int]
    ) async {
        let run = await run(hook, event, of: indices)
        for index in indices {
            let debt = owed(hook, index, live: false)
            guard !run.outcome.isSuccess else {
                note { history throws(HistoryError) in try history.settle(debt) }
                continue
            }
            owe(debt)
            members[index].isOwing = true
            members[index].error = (members[index].error ?? "") + "; on the way back \(run.summary)"
        }
    }

    private mutating func owe(_ debt: OwedHook) {
        note { history throws(HistoryError) in try history.owe(debt) }
    }

    /// The debt of a hook for the version that is live: the candidate, or what came back.
    private func owed(_ hook: Hook, _ index: Int, live: Bool) -> OwedHook {
        let candidate = members[index].candidate
        return OwedHook(
            certificate: candidate.name,
            version: live ? candidate.version : candidate.previous ?? candidate.version,
            phase: hook.phase.rawValue,
            hook: hook.name,
            since: Date(),
            attempts: 1
        )
    }

    private func logFailure(_ run: HookRun, of indices: [Int]) {
        let names = indices.map { members[$0].candidate.name }.joined(separator: " ")
        agent.logger.warning(
            .notable(.hookFailed),
            metadata: [
                "hook": "\(run.hook.name)", "certificates": "\(names)", "error": "\(run.summary)",
            ]
        )
    }

    /// What the hooks are told about the members' live (or, before the switch, staged) versions.
    func event(_ phase: HookPhase, of indices: [Int]) -> HookEvent {
        HookEvent(
            phase: phase,
            trigger: indices.first.map { members[$0].candidate.trigger.rawValue } ?? "",
            runId: agent.runID,
            attempt: 1,
            certificates: indices.map { index in
                let member = members[index]
                let isBack = member.state == .wentBack && phase != .failure
                return agent.eventCertificate(
                    member.candidate.certificate,
                    version: isBack ? member.candidate.previous ?? "" : member.candidate.version,
                    previous: isBack ? member.candidate.version : member.candidate.previous,
                    isLive: phase == .deploy || phase == .reload
                )
            },
            error: phase == .failure ? indices.first.flatMap { members[$0].error } : nil
        )
    }
}
