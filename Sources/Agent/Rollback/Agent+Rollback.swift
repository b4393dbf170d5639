import Foundation
import History
import Hooks
import KeyVault
import Store

extension Agent {
    /// Makes earlier versions live again, through the same phases as any deployment, as one batch.
    ///
    /// Each is pinned before the switch: were it after, a crash between the two would let the next
    /// poll undo the rollback. Where no pin is wanted, it gives way at the end, in one transaction,
    /// to the refusal of the version that was live. If the rollback fails, the pin that was there
    /// before comes back.
    ///
    /// A rehearsal fetches what would be fetched, to say whether it is there, and writes nothing.
    ///
    /// - Throws: ``Refusal``, `VaultError` when the files have to be fetched and can't be,
    ///   `StoreError`, `HistoryError`, `LockError`.
    package func rollback(_ request: RollbackRequest) async throws -> RollbackReport {
        if !request.isRehearsal { _ = try await withLock { try await recover() } }
        let plan = try plan(request)
        let catalog = hookCatalog()
        var steps: [RollbackStep] = []
        var candidates: [Candidate] = []
        for step in plan.steps {
            let stored = try storedFiles(step.record, of: step.certificate)
            var files = stored
            if files == nil { files = try await refetch(step.record, of: step.certificate) }
            candidates.append(
                Candidate(
                    certificate: step.certificate,
                    record: step.record,
                    files: files,
                    previous: step.current,
                    trigger: .rollback,
                    reason: request.reason
                )
            )
            steps.append(
                RollbackStep(
                    certificate: step.certificate.name,
                    from: step.current,
                    to: step.record,
                    isFetched: stored == nil,
                    hooks: [.check, .deploy, .reload].flatMap {
                        catalog.hooks($0, for: step.certificate.name).map(\.name)
                    } + step.certificate.verifications.map(\.name)
                )
            )
        }
        if !request.isRehearsal {
            let results = try await withLock {
                try await switchBack(candidates, request, catalog: catalog)
            }
            for index in steps.indices {
                steps[index].result = results.first {
                    $0.certificate == steps[index].certificate
                }
            }
        }
        return RollbackReport(batch: plan.batch, steps: steps, skipped: plan.skipped)
    }

    /// The files of a recorded version from the vault, refused unless they are the very same.
    private func refetch(
        _ record: VersionRecord,
        of certificate: ObservedCertificate
    ) async throws -> [VersionFile] {
        let fetched: Fetched
        do {
            fetched = try await fetch(record.version, of: certificate)
        } catch let error as VaultError where [.disabled, .notFound].contains(error.kind) {
            let state = error.kind == .disabled ? "disabled" : "deleted or purged"
            throw Refusal(
                "the files of version \(record.version) are gone from disk or altered, and in the vault it is \(state)",
                hint: error.kind == .disabled
                    ? "enable that version in the vault, or choose another one with --to"
                    : "recover it in the vault, or choose another one with --to"
            )
        }
        switch fetched.content {
        case .certificate(let files):
            guard fetched.record.sha256 == record.sha256 else {
                throw Refusal(
                    "the vault's version \(record.version) is not the certificate on record: sha256 \(fetched.record.sha256 ?? "none") instead of \(record.sha256 ?? "none")"
                )
            }
            return files
        case .unusable(let error):
            throw Refusal("the vault's version \(record.version) can't be used: \(error)")
        case .plainSecret:
            throw Refusal("the vault's version \(record.version) is no certificate")
        }
    }

    private func switchBack(
        _ candidates: [Candidate],
        _ request: RollbackRequest,
        catalog: HookCatalog
    ) async throws -> [DeploymentResult] {
        // A pass may have been between the plan and the lock.
        for candidate in candidates {
            let current = try store(of: candidate.certificate).currentVersion(of: candidate.name)
            guard current == candidate.previous else {
                throw Refusal(
                    "\(candidate.name) has just been changed to \(current ?? "nothing")",
                    hint: "look at it, and say again what to go back to"
                )
            }
        }
        var earlierPins: [String: Pin] = [:]
        for candidate in candidates {
            earlierPins[candidate.name] = try history.pin(of: candidate.name)
            try history.setPin(pin(candidate, request))
        }
        let results = try await deploy(candidates, catalog: catalog)
        for result in results {
            if result.outcome == .deployed {
                if case .refusal = request.hold { try refuseWhatWasLive(result, request) }
            } else if let earlierPin = earlierPins[result.certificate] {
                try history.setPin(earlierPin)
            } else {
                try history.removePin(of: result.certificate, by: actor)
            }
        }
        return results
    }

    private func pin(_ candidate: Candidate, _ request: RollbackRequest) -> Pin {
        let until: Date? = if case .pin(let until) = request.hold { until } else { nil }
        return Pin(
            certificate: candidate.name,
            version: candidate.version,
            reason: request.reason ?? "rollback",
            actor: actor,
            at: Date(),
            until: until
        )
    }

    private func refuseWhatWasLive(
        _ result: DeploymentResult,
        _ request: RollbackRequest
    ) throws(HistoryError) {
        let now = Date()
        let refused = result.previousVersion.map { version in
            NewDeployment(
                certificate: result.certificate,
                version: version,
                trigger: .rollback,
                actor: actor,
                startedAt: now,
                runID: runID
            )
        }
        try history.removePin(
            of: result.certificate,
            refusing: refused,
            reason: request.reason ?? "rolled back by \(actor)",
            at: now,
            by: actor
        )
    }
}
