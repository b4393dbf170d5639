import Foundation
import History
import Store

/// Which certificates go back to what, before anything is done.
struct RollbackPlan {
    /// One certificate and the version that it goes back to.
    struct Step {
        let certificate: ObservedCertificate
        let current: String?
        let record: VersionRecord
    }

    var batch: String?
    var steps: [Step] = []
    var skipped: [SkippedRollback] = []
}

extension Agent {
    /// - Throws: ``Refusal`` when nothing can go back, or a target has expired and the request
    ///   isn't forced; `HistoryError`, `StoreError`.
    func plan(_ request: RollbackRequest) throws -> RollbackPlan {
        let plan =
            switch request.scope {
            case .certificate(let name, let target): try plan(name, target)
            case .batch(let run): try plan(undoing: run)
            }
        for step in plan.steps where !request.isForced {
            guard let notAfter = step.record.notAfter, notAfter <= Date() else { continue }
            throw Refusal(
                "version \(step.record.version) of \(step.certificate.name) expired on \(notAfter.formatted(.rfc3339))",
                hint: "give --force to go back to it all the same"
            )
        }
        return plan
    }

    private func plan(_ name: String, _ target: RollbackTarget) throws -> RollbackPlan {
        let certificate = try certificate(named: name)
        let current = try store(of: certificate).currentVersion(of: name)
        let known = try RecordedVersions(of: name, current: current, history: history)
        let record = try target.resolve(
            current: known.current,
            versions: known.versions,
            deployed: known.deployed
        )
        let step = RollbackPlan.Step(certificate: certificate, current: current, record: record)
        return RollbackPlan(steps: [step])
    }

    private func plan(undoing run: String) throws -> RollbackPlan {
        let rows = try history.deployments(ofRun: run)
        let runs = Set(rows.map(\.runID)).sorted()
        guard let batch = runs.first else {
            throw Refusal(
                "no pass on record has a run ID that begins with \"\(run)\"",
                hint: "see runId in \"kvagent history --json\""
            )
        }
        guard runs.count == 1 else {
            throw Refusal(
                "more than one run ID begins with \"\(run)\"",
                hint: "choose one of \(runs.prefix(5).joined(separator: ", "))"
            )
        }
        var plan = RollbackPlan(batch: batch)
        // The last row counts: halves of a batch that failed are tried again in the same pass.
        let last = Dictionary(rows.map { ($0.certificate, $0) }) { _, later in later }
        for row in last.values.sorted(by: { $0.certificate < $1.certificate })
        where row.outcome == .deployed {
            try plan.add(row, self)
        }
        guard !plan.steps.isEmpty else {
            let reasons = plan.skipped.map { "\($0.certificate): \($0.reason)" }
            throw Refusal(
                "nothing of the pass \(batch) can go back",
                hint: reasons.isEmpty ? "it has deployed nothing" : reasons.joined(separator: "; ")
            )
        }
        return plan
    }
}

extension RollbackPlan {
    /// Adds what undoes one deployment, or why nothing does.
    fileprivate mutating func add(_ row: Deployment, _ agent: Agent) throws {
        func skip(_ reason: String, isStillLive: Bool = false) {
            skipped.append(
                SkippedRollback(
                    certificate: row.certificate,
                    reason: reason,
                    isStillLive: isStillLive
                )
            )
        }
        guard let certificate = agent.settings.certificate(named: row.certificate) else {
            return skip("it is not in the settings any more", isStillLive: true)
        }
        let current = try agent.store(of: certificate).currentVersion(of: certificate.name)
        guard current == row.version else {
            return skip("the version \(row.version) is not live any more")
        }
        guard row.previousVersion != row.version else {
            return skip("the pass has only mended its files")
        }
        guard let previous = row.previousVersion,
            let record = try agent.history.version(previous, of: certificate.name)
        else {
            return skip("there was no version before, or it is not on record", isStillLive: true)
        }
        steps.append(Step(certificate: certificate, current: current, record: record))
    }
}
