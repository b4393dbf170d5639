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
    /// - Returns: What was done about each.
    /// - Throws: `HistoryError`, `LockError`, ``SettingsError``, ``Refusal`` for an unknown name,
    ///   `CancellationError` before anything was changed. A certificate's own failure is no
    ///   error here: it is in the report, and stops no other.
    package func pass(
        over names: [String]? = nil,
        trigger: Trigger,
        isRehearsal: Bool = false
    ) async throws -> PassReport {
        let certificates = try settings.certificates(named: names)
        if !isRehearsal {
            try await withLock {
                try await recover()
                try await runOwedHooks()
            }
        }
        // A stop is heeded while the vaults are asked; once something is being changed, it waits.
        let observations = try await cancelWhenGracefulShutdown { try await observe(certificates) }
        guard !Task.isCancelled, !Task.isShuttingDownGracefully else { throw CancellationError() }
        guard !isRehearsal else { return try rehearse(observations) }
        return try await withLock {
            try await apply(observations, trigger: trigger)
        }
    }

    /// Records what was seen, decides again under the lock, and deploys in one batch.
    private func apply(
        _ observations: [Observation],
        trigger: Trigger
    ) async throws -> PassReport {
        let catalog = hookCatalog()
        var reports: [String: CertificateReport] = [:]
        var due: [String: Date] = [:]
        var candidates: [Candidate] = []
        for observation in observations {
            let name = observation.certificate.name
            due[name] = try record(observation, trigger: trigger)
            do {
                switch try conclude(observation, trigger: trigger) {
                case .report(let report): reports[name] = report
                case .candidate(let candidate): candidates.append(candidate)
                }
            } catch let error as StoreError {
                reports[name] = CertificateReport(
                    name: name,
                    version: nil,
                    verdict: .failed(error.description)
                )
                logger.error(
                    "certificate not deployed",
                    metadata: ["certificate": "\(name)", "error": "\(error)"]
                )
            }
        }
        var batch = Batch(agent: self, catalog: catalog)
        for result in try await batch.run(candidates) {
            reports[result.certificate] = CertificateReport(result)
        }
        return PassReport(
            runID: runID,
            certificates: observations.compactMap { observation in
                var report = reports[observation.certificate.name]
                report?.nextPollAt = due[observation.certificate.name]
                return report
            },
            warnings: catalog.warnings.map(\.description)
        )
    }

    private enum Conclusion {
        case report(CertificateReport)
        case candidate(Candidate)
    }

    /// What an observation leads to.
    private func conclude(
        _ observation: Observation,
        trigger: Trigger
    ) throws -> Conclusion {
        let certificate = observation.certificate
        let offer: Observation.Offer
        switch observation.result {
        case .failure(let error):
            return .report(
                CertificateReport(
                    name: certificate.name,
                    version: nil,
                    verdict: .init(noOffer: error)
                )
            )
        case .success(let value): offer = value
        }
        let situation = try situation(of: certificate, offered: offer.newest)
        if situation.target != offer.newest {
            try noteHeldByPin(offer.newest, of: certificate, trigger: trigger)
        }
        let fetched = offer.fetched.first { $0.record.version == situation.target }
        func report(_ verdict: CertificateReport.Verdict) -> Conclusion {
            .report(
                CertificateReport(
                    name: certificate.name,
                    version: situation.target,
                    verdict: verdict
                )
            )
        }
        func refuse(_ outcome: Outcome, _ reason: String) throws {
            try noteOnce(
                outcome,
                reason,
                version: situation.target,
                of: certificate,
                trigger: trigger
            )
        }
        switch Decision.decide(situation) {
        case .upToDate:
            return report(.unchanged)
        case .hold(let reason):
            try refuse(.held, reason)
            return report(.held(reason))
        case .reject(let reason):
            try refuse(.rejected, reason)
            return report(.refused(reason))
        case .refusedBefore(let reason):
            return report(.refused(reason))
        case .ignore(let reason):
            return report(.ignored(reason))
        case .fetch:
            switch fetched?.content {
            case .plainSecret:
                try refuse(.ignored, Decision.notACertificate)
                return report(.ignored(Decision.notACertificate))
            case .unusable(let error):
                try refuse(.rejected, error.description)
                return report(.refused(error.description))
            case .certificate, nil:
                // Settled without the lock and changed meanwhile: the next pass sees it anew.
                return report(.failed("changed while it was looked at; tried at the next pass"))
            }
        case .deploy:
            guard let record = situation.record else {
                return report(.failed("not on record"))
            }
            var files: [VersionFile]?
            if case .certificate(let fresh, _) = fetched?.content {
                files = fresh
            } else if try !isOnDisk(record, of: certificate) {
                return report(.failed("changed while it was looked at; tried at the next pass"))
            }
            return .candidate(
                Candidate(
                    certificate: certificate,
                    record: record,
                    files: files,
                    previous: situation.current,
                    trigger: trigger
                )
            )
        }
    }

    /// What a pass would do, from what was observed, with no effect.
    private func rehearse(_ observations: [Observation]) throws -> PassReport {
        let reports = try observations.map { observation in
            let certificate = observation.certificate
            guard case .success(let offer) = observation.result else {
                guard case .failure(let error) = observation.result else { preconditionFailure() }
                return CertificateReport(
                    name: certificate.name,
                    version: nil,
                    verdict: .init(noOffer: error)
                )
            }
            var situation = try situation(of: certificate, offered: offer.newest)
            let fetched = offer.fetched.first { $0.record.version == situation.target }
            if situation.record?.thumbprint == nil { situation.record = fetched?.record }
            let verdict: CertificateReport.Verdict
            switch (Decision.decide(situation), fetched?.content) {
            case (.upToDate, _): verdict = .unchanged
            case (.deploy, _): verdict = .wouldDeploy(previous: situation.current)
            case (.hold(let reason), _): verdict = .held(reason)
            case (.ignore(let reason), _): verdict = .ignored(reason)
            case (.reject(let reason), _), (.refusedBefore(let reason), _):
                verdict = .refused(reason)
            case (.fetch, .unusable(let error)): verdict = .refused(error.description)
            case (.fetch, _): verdict = .ignored(Decision.notACertificate)
            }
            return CertificateReport(
                name: certificate.name,
                version: situation.target,
                verdict: verdict
            )
        }
        return PassReport(
            runID: runID,
            certificates: reports,
            warnings: hookCatalog().warnings.map(\.description)
        )
    }
}

extension CertificateReport {
    /// The report on a certificate that was part of a batch.
    init(_ result: DeploymentResult) {
        let error = result.error ?? ""
        let verdict: Verdict =
            switch result.outcome {
            case .deployed: .deployed(previous: result.previousVersion)
            case .held: .held(error)
            case .rejected: .refused(error)
            case .rolledBack: .rolledBack(error)
            case .failed, .interrupted, .ignored: .failed(error)
            }
        self.init(name: result.certificate, version: result.version, verdict: verdict)
    }
}

extension Settings {
    /// The certificates of those names, in the order of the settings; all of them for nil.
    ///
    /// - Throws: ``Refusal`` that lists the names there are.
    package func certificates(named names: [String]?) throws(Refusal) -> [ObservedCertificate] {
        guard let names, !names.isEmpty else { return certificates }
        for name in names where certificate(named: name) == nil {
            throw .unknownCertificate(name, among: certificates.map(\.name))
        }
        return certificates.filter { names.contains($0.name) }
    }
}

extension Refusal {
    /// A name that the settings don't have.
    static func unknownCertificate(_ name: String, among names: [String]) -> Refusal {
        Refusal(
            "no certificate \"\(name)\" in the settings",
            hint: "the settings have \(names.prefix(20).joined(separator: ", "))"
        )
    }
}
