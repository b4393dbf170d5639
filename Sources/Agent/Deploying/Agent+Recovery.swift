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
    /// | the version before, after hooks ran | going back | the hooks of that version run |
    /// | the version before | staging or checks | nothing: the next decision takes it up |
    func recover() async throws {
        var candidates: [Candidate] = []
        for deployment in try history.openDeployments() {
            try history.finish(
                deployment.id,
                as: .interrupted,
                reason: deployment.reason,
                error: "the agent ended before this was finished",
                at: Date()
            )
            logger.warning(
                "found a deployment that was interrupted",
                metadata: [
                    "certificate": "\(deployment.certificate)", "version": "\(deployment.version)",
                ]
            )
            guard let certificate = settings.certificate(named: deployment.certificate) else {
                continue
            }
            let current: String?
            do {
                current = try store(of: certificate).currentVersion(of: certificate.name)
            } catch {
                // The pass that follows meets the same error and reports it for the certificate.
                continue
            }
            guard let current else { continue }
            let sawHooks = deployment.hookRuns.contains { $0.phase != HookPhase.check.rawValue }
            guard current == deployment.version || sawHooks else { continue }
            let record =
                try history.version(current, of: certificate.name)
                ?? VersionRecord(bare: current, of: certificate.name, at: Date())
            candidates.append(
                Candidate(
                    certificate: certificate,
                    record: record,
                    files: nil,
                    previous: current == deployment.version
                        ? deployment.previousVersion : current,
                    trigger: .recovery,
                    reason: deployment.reason
                )
            )
        }
        guard !candidates.isEmpty else { return }
        var batch = Batch(agent: self, catalog: hookCatalog())
        _ = try await batch.run(candidates)
    }

    /// Runs the hooks that said "later" or failed on the way back, each once for all the
    /// certificates that owe it.
    func runOwedHooks() async throws {
        let owed = try history.owedHooks(of: nil)
        guard !owed.isEmpty else { return }
        let catalog = hookCatalog()
        var groups: [(hook: Hook, owed: [OwedHook])] = []
        for debt in owed {
            guard let certificate = settings.certificate(named: debt.certificate),
                (try? store(of: certificate).currentVersion(of: debt.certificate)) == debt.version,
                let hook = catalog.hooks(named: debt.hook, phase: debt.phase, for: debt.certificate)
            else {
                logger.notice(
                    "owed hook dropped: its version or the hook itself is gone",
                    metadata: ["certificate": "\(debt.certificate)", "hook": "\(debt.hook)"]
                )
                try history.settle(debt)
                continue
            }
            if hook.phase == .reload,
                let group = groups.firstIndex(where: { $0.hook.command == hook.command })
            {
                groups[group].owed.append(debt)
            } else {
                groups.append((hook, [debt]))
            }
        }
        for group in groups { try await run(group.hook, owedBy: group.owed) }
    }

    private func run(_ hook: Hook, owedBy debts: [OwedHook]) async throws {
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
        let run = await runner.run(hook, event: event)
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
        ]
        if run.outcome.isSuccess {
            logger.notice("owed hook succeeded", metadata: metadata)
        } else {
            logger.warning("owed hook did not succeed: \(run.summary)", metadata: metadata)
        }
    }

    /// Removes versions beyond `history.keepVersions`; current, pinned and the one before stay.
    func prune(_ candidate: Candidate) {
        do {
            let newest = try history.versions(of: candidate.name)
                .prefix(settings.keepVersions).map(\.version)
            var keep = Set(newest + [candidate.version])
            if let previous = candidate.previous { keep.insert(previous) }
            if let pin = try history.pin(of: candidate.name) { keep.insert(pin.version) }
            if let good = try history.lastGood(before: candidate.version, of: candidate.name) {
                keep.insert(good)
            }
            let removed = try store(of: candidate.certificate).prune(candidate.name, keeping: keep)
            if !removed.isEmpty {
                logger.info(
                    "old versions removed",
                    metadata: [
                        "certificate": "\(candidate.name)",
                        "versions": "\(removed.joined(separator: " "))",
                    ]
                )
            }
        } catch {
            // Old files in the way harm nobody: the deployment stands, and the next one tries again.
            logger.warning(
                "old versions could not be removed",
                metadata: ["certificate": "\(candidate.name)", "error": "\(error)"]
            )
        }
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

extension HookCatalog {
    /// The hook of that name, if it still applies to the certificate.
    func hooks(named name: String, phase: String, for certificate: String) -> Hook? {
        HookPhase(rawValue: phase).flatMap { phase in
            hooks(phase, for: certificate).first { $0.name == name }
        }
    }
}
