import Foundation
import History
import Hooks
import Logging
import Store

/// The certificates that one pass changes together, and the way of each through the phases.
///
/// Every step is recorded before the next begins, so that after a crash the history says what was
/// under way and ``Agent/recover()`` can finish or undo it.
struct Batch {
    /// Where one certificate of the batch stands.
    struct Member {
        let candidate: Candidate
        let deployment: Int64
        var state: State = .staged
        var error: String?

        /// Went back with others for one hook's failure, which need not be its own fault.
        var isSuspect = false

        /// A hook has failed for the version that came back, too.
        var isOwing = false

        /// What the switch puts in the places of copies.
        var copies: [StagedCopy] = []

        /// Whether a hook of what is live has not done its work yet and runs again later.
        var owesHooks = false
    }

    enum State: Equatable {
        /// The files lie in the store; `current` doesn't name them yet.
        case staged
        case live
        /// Was live, and what was live before is so again.
        case wentBack
        /// Never went live, or could not be taken back.
        case ended(Outcome)
    }

    let agent: Agent
    let catalog: HookCatalog
    var members: [Member] = []

    /// The first thing that could not be recorded after a switch.
    ///
    /// It waits until every version that was found bad is taken back: files need no database.
    private var unrecorded: HistoryError?

    init(agent: Agent, catalog: HookCatalog) {
        self.agent = agent
        self.catalog = catalog
    }

    var history: History { agent.history }

    /// Takes every candidate through check, switch, deploy, reload and verify.
    ///
    /// - Throws: `HistoryError`. What was under way then stays open in the history, and the next
    ///   pass recovers it as after a crash.
    mutating func run(_ candidates: [Candidate]) async throws -> [DeploymentResult] {
        let new = candidates.filter { $0.deployment == nil }
        var begun = try history.begin(new.map(agent.newDeployment))[...]
        for candidate in candidates {
            guard let deployment = candidate.deployment ?? begun.popFirst() else { continue }
            members.append(Member(candidate: candidate, deployment: deployment))
        }
        try await stage()
        for index in members.indices where members[index].state == .staged {
            try await prepare(index)
        }
        for index in members.indices where members[index].state == .staged { switchOver(index) }
        for index in members.indices where members[index].state == .live {
            await runDeployHooks(index)
        }
        await runReloadHooks()
        await verify()
        if let unrecorded { throw unrecorded }
        return try await finish()
    }

    /// Writes to the history after a switch, and keeps a failure of that for later.
    mutating func note(_ write: (History) throws(HistoryError) -> Void) {
        do {
            try write(history)
        } catch {
            if unrecorded == nil { unrecorded = error }
        }
    }

    /// Writes the copies and asks the check hooks; nothing live is touched.
    private mutating func prepare(_ index: Int) async throws {
        let candidate = members[index].candidate
        do {
            members[index].copies = try agent.prepareTargets(
                of: candidate.certificate,
                version: candidate.version
            )
        } catch let error as StoreError {
            end(index, as: .failed, error.explained)
            return
        }
        // What was live once has passed its checks, and a crash must not make it pass them anew
        // while it is live.
        guard candidate.trigger != .recovery, !candidate.isChecked else { return }
        let event = event(.check, of: [index])
        for hook in catalog.hooks(.check, for: candidate.name) {
            let run = await run(hook, event, of: [index])
            switch run.outcome {
            case .succeeded: continue
            case .later: end(index, as: .held, "\(run.summary); it is asked again at the next pass")
            default: end(index, as: .rejected, run.summary)
            }
            return
        }
    }

    /// The one rename that makes a version live, and one for each copy that must be a file of its
    /// own.
    private mutating func switchOver(_ index: Int) {
        let candidate = members[index].candidate
        do {
            try agent.store(of: candidate.certificate).makeCurrent(
                candidate.version,
                of: candidate.name
            )
            members[index].state = .live
        } catch {
            failSwitch(index, error)
            return
        }
        do {
            try agent.commit(
                members[index].copies,
                of: candidate.certificate,
                version: candidate.version
            )
        } catch let error as HistoryError {
            note { _ throws(HistoryError) in throw error }
        } catch {
            // All of them switch, or none.
            let error = (error as? StoreError)?.explained ?? "\(error)"
            members[index].error = error
            takeBack(index)
            if members[index].state == .wentBack { end(index, as: .failed, error) }
        }
    }

    /// Ends what could not be made live; a version that is live all the same, as only the flush of its
    /// link has failed, goes back, for nobody has been told of it and the next pass would not.
    private mutating func failSwitch(_ index: Int, _ error: StoreError) {
        let candidate = members[index].candidate
        let store = agent.store(of: candidate.certificate)
        members[index].error = error.explained
        if candidate.previous != candidate.version,
            (try? store.currentVersion(of: candidate.name)) == candidate.version
        {
            members[index].state = .live
            takeBack(index)
            guard members[index].state == .wentBack else { return }
        }
        end(index, as: .failed, error.explained)
    }

    mutating func end(_ index: Int, as outcome: Outcome, _ error: String) {
        members[index].state = .ended(outcome)
        members[index].error = error
    }

    /// Makes the version before live again; a failure of that is the loudest there is.
    mutating func takeBack(_ index: Int) {
        let candidate = members[index].candidate
        do {
            try agent.store(of: candidate.certificate).makeCurrent(
                candidate.previous,
                of: candidate.name
            )
            try agent.putTargets(of: candidate.certificate, version: candidate.previous)
            if members[index].state == .live { members[index].state = .wentBack }
            note { history throws(HistoryError) in
                try history.settleOwedHooks(of: candidate.name, except: candidate.previous)
            }
        } catch {
            let earlier = members[index].error.map { "\($0); " } ?? ""
            end(index, as: .failed, "\(earlier)going back: \(error)")
            agent.logger.error(
                .notable(.stillLive),
                metadata: ["certificate": "\(candidate.name)", "error": "\(error)"]
            )
        }
    }

    /// Closes the rows, then tells the failure hooks and removes what is too old.
    private mutating func finish() async throws -> [DeploymentResult] {
        var results: [DeploymentResult] = []
        var finished: [FinishedDeployment] = []
        for member in members {
            let outcome: Outcome =
                switch member.state {
                case .live: .deployed
                case .staged: .failed
                // Not refused, whatever happens before it is tried again.
                case .wentBack where member.isSuspect: .failed
                case .wentBack: .rolledBack
                case .ended(let outcome): outcome
                }
            finished.append(
                FinishedDeployment(
                    id: member.deployment,
                    outcome: outcome,
                    reason: member.candidate.reason,
                    error: member.error,
                    at: Date()
                )
            )
            results.append(
                DeploymentResult(
                    certificate: member.candidate.name,
                    version: member.candidate.version,
                    previousVersion: member.candidate.previous,
                    outcome: outcome,
                    error: member.error,
                    isSuspect: outcome == .failed && member.isSuspect
                )
            )
        }
        try history.finish(finished)
        for (member, result) in zip(members, results) {
            if member.state != .live {
                for copy in member.copies { copy.discard() }
            }
            if !result.isSuspect { log(result, of: member.candidate) }
        }
        for index in members.indices {
            switch results[index].outcome {
            case _ where results[index].isSuspect: continue
            case .deployed:
                try history.settleOwedHooks(
                    of: results[index].certificate,
                    except: results[index].version
                )
                agent.pruneVersions(after: members[index].candidate)
            case .rejected, .rolledBack, .failed:
                await runFailureHooks(index)
            case .held, .interrupted, .ignored:
                continue
            }
        }
        if let unrecorded { throw unrecorded }
        return results
    }

    private func log(_ result: DeploymentResult, of candidate: Candidate) {
        var metadata: [String: String] = [
            "certificate": result.certificate, "version": result.version,
            "trigger": candidate.trigger.rawValue,
        ]
        metadata["previousVersion"] = result.previousVersion
        metadata["thumbprint"] = candidate.record.thumbprint
        metadata["error"] = result.error
        let values = metadata.mapValues { Logger.MetadataValue.string($0) }
        switch result.outcome {
        case .deployed: agent.logger.notice(.notable(.deployed), metadata: values)
        case .held: agent.logger.notice(.notable(.held), metadata: values)
        case .rejected: agent.logger.error(.notable(.rejected), metadata: values)
        case .rolledBack: agent.logger.error(.notable(.rolledBack), metadata: values)
        default: agent.logger.error(.notable(.notDeployed), metadata: values)
        }
    }
}
