import Foundation
import History
import Hooks

extension Batch {
    /// Looks whether each live certificate is served where the settings say.
    ///
    /// One that isn't goes back as after a failed reload hook. Where a hook is owed the server
    /// can't serve it yet: then the look is owed too, and follows the hook.
    mutating func verify() async {
        var orders: [VerificationOrder] = []
        var owners: [Int] = []
        for index in members.indices where members[index].state == .live {
            let candidate = members[index].candidate
            for verification in candidate.certificate.verifications {
                if members[index].owesHooks {
                    oweVerification(verification, index, of: candidate.version, attempts: 0)
                    continue
                }
                orders.append(
                    VerificationOrder(
                        certificate: candidate.certificate,
                        version: candidate.version,
                        verification: verification,
                        isFirstVersion: candidate.previous == nil
                    )
                )
                owners.append(index)
            }
        }
        let reloaded = reloadGroups().map(\.hook)
        let failures = judge(await agent.verify(orders), of: owners)
        guard !failures.isEmpty else { return }
        await goBack(failures, reloading: reloaded)
    }

    /// Records the runs.
    ///
    /// - Returns: Who is to go back, and why.
    private mutating func judge(_ runs: [VerificationRun], of owners: [Int]) -> [Int: String] {
        var failures: [Int: [String]] = [:]
        for (run, index) in zip(runs, owners) {
            let version = members[index].candidate.version
            record(run, index)
            switch run.outcome {
            case .served: settleVerification(run.verification, index, of: version)
            case .notYet: continue
            case .notServed:
                failures[index, default: []].append(run.finding)
                if agent.settings.hooks.onFailure == .retry {
                    oweVerification(run.verification, index, of: version, attempts: 1)
                }
            }
        }
        let errors = failures.mapValues { $0.joined(separator: "; ") }
        guard agent.settings.hooks.onFailure != .rollback else { return errors }
        for (index, error) in errors {
            members[index].error = (members[index].error.map { "\($0); " } ?? "") + error
        }
        return [:]
    }

    /// Looks whether what is live again is served, which by now can only be told, not mended.
    mutating func verifyAfterGoingBack(_ indices: [Int]) async {
        var orders: [VerificationOrder] = []
        var owners: [Int] = []
        for index in indices {
            let candidate = members[index].candidate
            guard let previous = candidate.previous else { continue }
            for verification in candidate.certificate.verifications {
                orders.append(
                    VerificationOrder(
                        certificate: candidate.certificate,
                        version: previous,
                        verification: verification
                    )
                )
                owners.append(index)
            }
        }
        for (run, index) in zip(await agent.verify(orders), owners) {
            let version = members[index].candidate.previous ?? ""
            record(run, index)
            if run.outcome == .served {
                settleVerification(run.verification, index, of: version)
            } else {
                oweVerification(run.verification, index, of: version, attempts: 1)
                members[index].error =
                    (members[index].error ?? "") + "; on the way back \(run.finding)"
            }
        }
    }

    private mutating func record(_ run: VerificationRun, _ index: Int) {
        let deployment = members[index].deployment
        note { history throws(HistoryError) in
            try history.record(HookRunRecord(run), of: deployment)
        }
        agent.log(run, of: members[index].candidate.name)
    }

    private mutating func oweVerification(
        _ verification: Verification,
        _ index: Int,
        of version: String,
        attempts: Int
    ) {
        let debt = OwedHook(
            verification,
            of: members[index].candidate.name,
            version: version,
            attempts: attempts
        )
        note { history throws(HistoryError) in try history.owe(debt) }
    }

    private mutating func settleVerification(
        _ verification: Verification,
        _ index: Int,
        of version: String
    ) {
        let debt = OwedHook(
            verification,
            of: members[index].candidate.name,
            version: version,
            attempts: 0
        )
        note { history throws(HistoryError) in try history.settle(debt) }
    }
}
