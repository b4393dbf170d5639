import Foundation
import History
import Hooks
import Logging
import Store

extension Agent {
    /// Finishes what a crash left under way, with no need of the vault.
    ///
    /// | `current` names | what the crash cut short | what is done |
    /// |---|---|---|
    /// | the deployment's version | its hooks | they all run again, at least once |
    /// | the same, and a hook had failed | going back | the version before comes back, as next |
    /// | the version before, after hooks ran | going back | the hooks of that version are owed |
    /// | the version before | staging or checks | nothing: the next decision takes it up |
    ///
    /// A row is closed in the transaction that opens its successor or notes its debts, so that
    /// another crash loses nothing. One whose store can't be read stays open.
    ///
    /// - Returns: What went wrong with the hooks that ran.
    func recover() async throws -> [String] {
        let open = try history.openDeployments()
        guard !open.isEmpty else { return [] }
        // Not twice at once: what goes on without us is run again.
        for run in Set(open.map(\.runID)) { await runner.endLeftovers(of: run) }
        let catalog = hookCatalog()
        var candidates: [Candidate] = []
        var rollbacks: [String: String] = [:]
        for deployment in open {
            logger.warning(
                .notable(.interrupted),
                metadata: [
                    "certificate": "\(deployment.certificate)", "version": "\(deployment.version)",
                ]
            )
            guard let certificate = settings.certificate(named: deployment.certificate) else {
                try close(deployment, because: nil, owing: [])
                continue
            }
            let failure = deployment.failure(catalog)
            guard
                let current = try? takeBack(deployment, of: certificate, because: failure)
            else {
                // The pass that follows meets the same error and reports it for the certificate.
                continue
            }
            if current != deployment.version {
                try history.settleOwedHooks(of: certificate.name, except: current)
                // What keeps a copy from going back, too, the pass that follows meets again.
                try? putTargets(of: certificate, version: current)
            }
            if current == deployment.version {
                let candidate = try takeOver(deployment, of: certificate)
                candidates.append(candidate)
                if try isRollback(deployment) { rollbacks[candidate.name] = deployment.version }
            } else if let current, current == deployment.previousVersion, deployment.sawLiveHooks {
                try close(
                    deployment,
                    because: failure,
                    owing: debts(of: current, certificate, catalog)
                )
            } else {
                try close(deployment, because: failure, owing: [])
            }
            if failure != nil, try isRollback(deployment) {
                try endRollback(of: certificate.name, to: deployment.version)
            }
        }
        guard !candidates.isEmpty else { return [] }
        let results = try await deploy(candidates, catalog: catalog)
        for result in results where result.outcome != .deployed {
            if let version = rollbacks[result.certificate] {
                try endRollback(of: result.certificate, to: version)
            }
        }
        return results.compactMap(\.error)
    }

    /// Whether a deployment is a rollback, or finishes one that a crash cut short.
    private func isRollback(_ deployment: Deployment) throws(HistoryError) -> Bool {
        guard deployment.trigger == .recovery else { return deployment.trigger == .rollback }
        let earlier = try history.deployments(HistoryFilter(certificate: deployment.certificate))
            .filter { $0.version == deployment.version && $0.id < deployment.id }
        return earlier.prefix { $0.outcome == .interrupted }.contains { $0.trigger == .rollback }
    }

    /// Takes the pin of a rollback that failed from what isn't live; the pin that it took the place
    /// of comes back.
    private func endRollback(of certificate: String, to version: String) throws(HistoryError) {
        let pins = try history.pins(of: certificate)
        guard let pin = pins.first, pin.removedAt == nil, pin.pin.version == version else { return }
        // The one that was lifted by setting this one, and not by a person before.
        if let earlier = pins.dropFirst().first, earlier.removedAt == pin.pin.at {
            try history.setPin(earlier.pin)
        } else {
            try history.removePin(of: certificate, by: actor)
        }
    }

    /// The version that is live, after one whose hook had failed was taken back.
    private func takeBack(
        _ deployment: Deployment,
        of certificate: ObservedCertificate,
        because failure: String?
    ) throws -> String?? {
        let store = store(of: certificate)
        let current = try store.currentVersion(of: certificate.name)
        guard current == deployment.version, failure != nil,
            settings.hooks.onFailure == .rollback
        else { return .some(current) }
        try store.makeCurrent(deployment.previousVersion, of: certificate.name)
        return .some(deployment.previousVersion)
    }

    /// Closes an interrupted row and opens one that runs its hooks again.
    private func takeOver(
        _ deployment: Deployment,
        of certificate: ObservedCertificate
    ) throws -> Candidate {
        let record =
            try history.version(deployment.version, of: certificate.name)
            ?? VersionRecord(bare: deployment.version, of: certificate.name, at: Date())
        var candidate = Candidate(
            certificate: certificate,
            record: record,
            files: try storedFiles(record, of: certificate),
            previous: deployment.previousVersion,
            trigger: .recovery,
            reason: deployment.reason
        )
        candidate.deployment = try history.finish(
            deployment.id,
            as: .interrupted,
            error: Self.interruption,
            at: Date(),
            takenOverBy: newDeployment(candidate)
        )
        return candidate
    }

    /// Closes a row: as rolled back where a hook had found the version bad, else as interrupted.
    private func close(
        _ deployment: Deployment,
        because failure: String?,
        owing hooks: [OwedHook]
    ) throws {
        try history.finish(
            deployment.id,
            as: failure == nil ? .interrupted : .rolledBack,
            error: failure ?? Self.interruption,
            at: Date(),
            owing: hooks
        )
    }

    private static let interruption = "the agent ended before this was finished"

    /// The hooks and verifications that are due for a version that is live again.
    private func debts(
        of version: String,
        _ certificate: ObservedCertificate,
        _ catalog: HookCatalog
    ) -> [OwedHook] {
        let hooks = [HookPhase.deploy, .reload].flatMap { catalog.hooks($0, for: certificate.name) }
        return hooks.map {
            OwedHook(
                certificate: certificate.name,
                version: version,
                phase: $0.phase.rawValue,
                hook: $0.name,
                since: Date(),
                attempts: 0
            )
        }
            + certificate.verifications.map {
                OwedHook($0, of: certificate.name, version: version, attempts: 0)
            }
    }

    /// The row that a candidate's deployment begins with.
    func newDeployment(_ candidate: Candidate) -> NewDeployment {
        NewDeployment(
            certificate: candidate.name,
            version: candidate.version,
            trigger: candidate.trigger,
            actor: actor,
            reason: candidate.reason,
            startedAt: Date(),
            previousVersion: candidate.previous,
            runID: runID
        )
    }
}

extension VersionRecord {
    /// What is known of a version that is live but isn't on record.
    init(bare version: String, of certificate: String, at now: Date) {
        self.init(
            certificate: certificate,
            version: version,
            thumbprint: nil,
            sha256: nil,
            subject: nil,
            issuer: nil,
            serialNumber: nil,
            dnsNames: [],
            keyType: nil,
            notBefore: nil,
            notAfter: nil,
            contentType: nil,
            fetchedAt: now,
            files: [:]
        )
    }
}

extension Deployment {
    /// Whether any hook saw its version live.
    fileprivate var sawLiveHooks: Bool {
        hookRuns.contains { $0.phase != HookPhase.check.rawValue }
    }

    /// The hook or look at a server that found its version bad, in words; nil when none did.
    ///
    /// A hook has done so once it has failed at its first run and at every retry: the runs that
    /// follow are those for the version that came back.
    fileprivate func failure(_ catalog: HookCatalog) -> String? {
        let decisive = hookRuns.filter {
            ["deploy", "reload", OwedHook.verifyPhase].contains($0.phase)
        }
        let failed = decisive.first { run in
            let tries = 1 + catalog.retries(of: run, for: certificate)
            let first = hookRuns.filter { $0.name == run.name && $0.phase == run.phase }
                .prefix(tries)
            return first.count == tries
                && first.allSatisfy { $0.exitCode != 0 && $0.exitCode != 75 }
        }
        return failed.map { run in
            let what =
                run.phase == OwedHook.verifyPhase
                ? run.output : "\(run.phase) hook \"\(run.name)\" failed"
            return "\(what); the agent ended before this was finished"
        }
    }
}

extension HookCatalog {
    /// How often the hook of a run is tried again; never where it is gone by now.
    fileprivate func retries(of run: HookRunRecord, for certificate: String) -> Int {
        HookPhase(rawValue: run.phase).flatMap { phase in
            hooks(phase, for: certificate).first { $0.name == run.name }?.retries
        } ?? 0
    }
}
