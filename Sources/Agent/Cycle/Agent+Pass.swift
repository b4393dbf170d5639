import Foundation
import History
import Hooks
import KeyVault
import Logging
import PKI
import ServiceLifecycle
import Store

extension Agent {
    /// One pass: finish what a crash left, run what is owed, ask the vaults, deploy what is new.
    ///
    /// The lock isn't held while the vaults are asked, so a slow one keeps no command waiting.
    ///
    /// - Parameters:
    ///   - names: The certificates to look at; nil for all.
    ///   - trigger: What the history says made it happen.
    ///   - isRehearsal: Say what would be done, and change neither disk nor history.
    ///   - coalescing: How long to wait for further changes when there is one; nil is not at all.
    /// - Returns: What was done about each.
    /// - Throws: `HistoryError`, `LockError`, ``SettingsError``, ``Refusal`` for an unknown name,
    ///   `CancellationError` before anything was changed. A certificate's own failure is no
    ///   error here: it is in the report, and stops no other.
    package func pass(
        over names: [String]? = nil,
        trigger: Trigger,
        isRehearsal: Bool = false,
        gathering coalescing: Coalescing? = nil
    ) async throws -> PassReport {
        let certificates = try settings.certificates(named: names)
        var failedHooks: [String] = []
        if !isRehearsal { failedHooks = try await settleDebts(onlyDue: trigger == .poll) }
        await watcher.beginPass()
        // A stop is heeded while the vaults are asked; once something is being changed, it waits.
        let observations = try await cancelWhenGracefulShutdown {
            let first = try await heartbeat.vouching(
                for: Self.longestObservation,
                isChange: false
            ) {
                try await observe(certificates)
            }
            guard let coalescing else { return first }
            let longest = coalescing.window + Self.longestObservation
            return try await heartbeat.vouching(for: longest, isChange: false) {
                try await gather(first, coalescing)
            }
        }
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { throw CancellationError() }
        guard !isRehearsal else { return try rehearse(observations) }
        var report = try await withLock {
            try await apply(observations, trigger: trigger)
        }
        report.failedHooks += failedHooks
        return report
    }

    /// Finishes what a crash left and runs what is owed.
    ///
    /// - Parameter onlyDue: Whether to leave the owed hooks whose next try is still to come.
    /// - Returns: What went wrong with hooks that were owed, but for those that asked for later.
    /// - Throws: `HistoryError`, `LockError`.
    package func settleDebts(onlyDue: Bool = false) async throws -> [String] {
        try await withLock {
            let interrupted = try await recover()
            return try await interrupted + runOwedHooks(onlyDue: onlyDue)
        }
    }

    /// Records what was seen, decides again under the lock, and deploys in one batch.
    func apply(
        _ observations: [Observation],
        trigger: Trigger
    ) async throws -> PassReport {
        let catalog = hookCatalog()
        var reports: [String: CertificateReport] = [:]
        let due = try record(observations, trigger: trigger)
        // What one certificate is found to need changes nothing that is read of another.
        let live = try liveEvidence(of: observations.map(\.certificate))
        var refused: [RefusedVersion] = []
        var candidates: [Candidate] = []
        for observation in observations {
            let name = observation.certificate.name
            do {
                let live = try live.evidence(of: observation.certificate)
                switch try conclude(observation, live, trigger: trigger, refused: &refused) {
                case .report(let report): reports[name] = report
                case .candidate(let candidate): candidates.append(candidate)
                }
            } catch let error as StoreError {
                try recordTrouble(error, of: observation.certificate)
                reports[name] = CertificateReport(
                    name: name,
                    version: nil,
                    verdict: .failed(error.explained)
                )
                logger.error(
                    .notable(.notDeployed),
                    metadata: ["certificate": "\(name)", "error": "\(error)"]
                )
            }
        }
        let warnings = Dictionary(candidates.map { ($0.name, $0.warnings) }) { first, _ in first }
        for result in try await deploy(candidates, catalog: catalog) {
            var report = CertificateReport(result)
            report.warnings = warnings[report.name] ?? []
            reports[result.certificate] = report
        }
        for refused in refused { try await runFailureHooks(refused, catalog: catalog) }
        return PassReport(
            runID: runID,
            certificates: observations.compactMap { observation in
                var report = reports[observation.certificate.name]
                report?.nextPollAt = due[observation.certificate.name]
                return report
            },
            warnings: catalog.warnings.map(\.description),
            failedHooks: []
        )
    }

    private enum Conclusion {
        case report(CertificateReport)
        case candidate(Candidate)
    }

    /// What an observation leads to; what is not deployed gets its row here.
    private func conclude(
        _ observation: Observation,
        _ live: LiveEvidence,
        trigger: Trigger,
        refused: inout [RefusedVersion]
    ) throws -> Conclusion {
        let certificate = observation.certificate
        let name = certificate.name
        let offer: Observation.Offer
        switch observation.result {
        case .success(let value): offer = value
        case .failure(let error):
            if let error = error as? VaultError {
                if let version = error.disabledVersion, version != live.version {
                    try noteDisabled(version, because: error, of: certificate, trigger: trigger)
                }
                if let candidate = try settleDrift(of: certificate, live, offer: nil) {
                    return .candidate(candidate)
                }
            }
            return .report(CertificateReport(name: name, noOffer: error))
        }
        let situation = try situation(
            of: certificate,
            live,
            offered: offer.newest,
            found: offer.liveFiles
        )
        if situation.target != offer.newest {
            try noteHeldByPin(offer.newest, of: certificate, trigger: trigger)
        }
        let fetched = offer.fetched(situation.target)
        var judgement = Judgement(situation, fetched: fetched)
        switch judgement {
        case .deploy:
            if let record = situation.record,
                let files = try files(of: record, fetched: fetched, certificate: certificate)
            {
                say(situation.findings.warnings, of: record)
                let isDrift = situation.current == situation.target
                return .candidate(
                    Candidate(
                        certificate: certificate,
                        record: record,
                        files: files,
                        previous: situation.current,
                        trigger: isDrift ? .drift : trigger,
                        reason: isDrift
                            ? try drift(of: certificate, record, live.placement).description
                            : situation.remark,
                        warnings: situation.findings.warnings
                    )
                )
            }
            judgement = .overtaken
        case .leave(let outcome, let reason):
            let row = try noteOnce(
                outcome,
                reason,
                version: situation.target,
                of: certificate,
                trigger: trigger
            )
            // One that only waits for its time needs nobody.
            if let row, outcome == .rejected || situation.findings.needAPerson {
                refused.append(
                    RefusedVersion(
                        certificate: certificate,
                        version: situation.target,
                        current: situation.current,
                        trigger: trigger,
                        error: reason,
                        deployment: row
                    )
                )
            }
        case .unchanged, .refusedBefore, .overtaken: break
        }
        if let candidate = try settleDrift(of: certificate, live, offer: offer) {
            return .candidate(candidate)
        }
        if case .unchanged = judgement,
            let report = try reportOfPin(situation, newest: offer.newest, of: certificate)
        {
            return .report(report)
        }
        return .report(
            CertificateReport(
                name: name,
                version: situation.target,
                verdict: judgement.verdict(current: situation.current)
            )
        )
    }

    /// The report on a newer version that a pin keeps back; nil where there is none.
    func reportOfPin(
        _ situation: Situation,
        newest: String,
        of certificate: ObservedCertificate
    ) throws -> CertificateReport? {
        guard situation.target != newest, let pin = try history.pin(of: certificate.name) else {
            return nil
        }
        return CertificateReport(
            name: certificate.name,
            version: newest,
            verdict: .held(pin.explanation)
        )
    }

    /// The files of a version, from the vault or from the store; nil when they are nowhere at hand.
    private func files(
        of record: VersionRecord,
        fetched: Fetched?,
        certificate: ObservedCertificate
    ) throws -> [VersionFile]? {
        if case .certificate(let files) = fetched?.content { return files }
        return try storedFiles(record, of: certificate)
    }

    /// Gives the live files the owner, group, mode, ACLs, link and formats that the settings ask
    /// for now; nothing is written where they have them already.
    func keepAccess(_ record: VersionRecord?, of certificate: ObservedCertificate) throws {
        guard let record, let files = try storedFiles(record, of: certificate) else { return }
        let store = store(of: certificate)
        _ = try store.stage(
            withFormats(files, version: record.version, of: certificate),
            of: certificate.name,
            version: record.version,
            access: certificate.access
        )
        try recordPlacements(of: [certificate])
        try putTargets(of: certificate, version: record.version)
    }
}

extension CertificateReport {
    /// The report on a certificate that was part of a batch.
    init(_ result: DeploymentResult) {
        let error = result.error ?? ""
        let verdict: Verdict =
            switch result.outcome {
            case .deployed where result.error != nil:
                .deployedDespite(error, previous: result.previousVersion)
            case .deployed: .deployed(previous: result.previousVersion)
            case .held: .held(error)
            case .rejected: .refused(error)
            case .rolledBack: .rolledBack(error)
            case .failed, .interrupted, .ignored: .failed(error)
            }
        self.init(name: result.certificate, version: result.version, verdict: verdict)
    }
}
