import Foundation
import History
import KeyVault
import Logging
import Store

extension Agent {
    /// Keeps what observations brought: the certificates, their polls, every fetched version.
    ///
    /// - Returns: When each certificate is due again.
    @discardableResult
    func record(_ observations: [Observation], trigger: Trigger) throws -> [String: Date] {
        let polls = try history.polls().map { ($0.certificate, $0) }
        let before = Dictionary(uniqueKeysWithValues: polls)
        let nextPolls = NextPolls(end: Date(), phase: splay.phase, jitter: .random(in: 0...1))
        let sightings = try observations.map { observation in
            try sighting(
                observation,
                trigger: trigger,
                before: before[observation.certificate.name],
                nextPolls: nextPolls
            )
        }
        try history.record(sightings)
        let due = sightings.map { ($0.poll.certificate, $0.poll.nextPollAt) }
        return Dictionary(uniqueKeysWithValues: due).compactMapValues(\.self)
    }

    private func sighting(
        _ observation: Observation,
        trigger: Trigger,
        before: PollRecord?,
        nextPolls: NextPolls
    ) throws -> Sighting {
        let certificate = observation.certificate
        var fetched: [Fetched] = []
        var pause: Duration?
        var poll = PollRecord(
            certificate: certificate.name,
            lastTryAt: observation.at,
            lastSuccessAt: before?.lastSuccessAt,
            consecutiveFailures: 0,
            error: nil,
            errorKind: nil,
            latestVersion: before?.latestVersion,
            nextPollAt: nil
        )
        switch observation.result {
        case .success(let offer):
            poll.lastSuccessAt = observation.at
            poll.latestVersion = offer.newest
            fetched = offer.fetched
            for fetched in fetched { try sayIfNew(fetched, of: certificate) }
        case .failure(let error):
            let refusal = error as? VaultError
            pause = refusal?.pause
            poll.consecutiveFailures = (before?.consecutiveFailures ?? 0) + 1
            poll.error = refusal?.explained ?? "\(error)"
            poll.errorKind = refusal?.kind.name ?? CertificateState.storeTrouble
            logger.warning(
                .notable(.pollFailed),
                metadata: [
                    "certificate": "\(certificate.name)", "error": "\(error)",
                    "hint": "\(refusal?.hint ?? "")",
                    "failures": "\(poll.consecutiveFailures)",
                    "requestId": "\(refusal?.requestID ?? "")",
                ]
            )
        }
        // A command's pass doesn't move the daemon's: whoever runs none has no next poll.
        poll.nextPollAt =
            trigger == .poll
            ? nextPolls.date(
                after: observation.at,
                interval: certificate.pollingInterval,
                failures: poll.consecutiveFailures,
                pause: pause
            )
            : before?.nextPollAt
        return Sighting(
            url: certificate.url.description,
            versions: fetched.map(\.record),
            examinations: fetched.compactMap(\.examination),
            poll: poll
        )
    }

    /// Keeps what kept a certificate's files from being read or from getting the access that the
    /// settings ask for, until a pass succeeds: the log alone would not tell a monitor.
    func recordTrouble(_ error: StoreError, of certificate: ObservedCertificate) throws {
        guard var poll = try history.poll(of: certificate.name) else { return }
        poll.consecutiveFailures = max(1, poll.consecutiveFailures)
        poll.error = error.explained
        poll.errorKind = CertificateState.storeTrouble
        try history.recordPoll(poll)
    }

    private func sayIfNew(_ fetched: Fetched, of certificate: ObservedCertificate) throws {
        guard try history.version(fetched.record.version, of: certificate.name) == nil else {
            return
        }
        var metadata: Logger.Metadata = [
            "certificate": "\(certificate.name)", "version": "\(fetched.record.version)",
        ]
        if let thumbprint = fetched.record.thumbprint {
            metadata["thumbprint"] = "\(thumbprint)"
        }
        logger.info(.notable(.newVersion), metadata: metadata)
    }

    /// Logs what the policy warns of in a version that is deployed all the same.
    func say(_ warnings: [PolicyFinding], of record: VersionRecord) {
        for warning in warnings {
            logger.warning(
                .notable(.policyWarning),
                metadata: [
                    "certificate": "\(record.certificate)", "version": "\(record.version)",
                    "rule": "\(warning.rule.rawValue)", "reason": "\(warning.message)",
                ]
            )
        }
    }

    /// A row for a version that isn't deployed, once for each version and reason.
    ///
    /// - Returns: The row, nil where there is one already.
    @discardableResult
    func noteOnce(
        _ outcome: Outcome,
        _ reason: String,
        version: String,
        of certificate: ObservedCertificate,
        trigger: Trigger
    ) throws -> Int64? {
        let last = try history.lastDeployment(of: certificate.name, version: version)
        if last?.outcome == outcome, last?.reason == reason, outcome != .rejected { return nil }
        let now = Date()
        let row = try history.recordRefusal(
            NewDeployment(
                certificate: certificate.name,
                version: version,
                trigger: trigger,
                actor: actor,
                reason: reason,
                startedAt: now,
                previousVersion: try store(of: certificate).currentVersion(of: certificate.name),
                runID: runID
            ),
            outcome: outcome,
            reason: reason,
            error: outcome == .rejected ? reason : nil,
            at: now
        )
        let metadata: Logger.Metadata = [
            "certificate": "\(certificate.name)", "version": "\(version)", "reason": "\(reason)",
        ]
        switch outcome {
        case .ignored: logger.notice(.notable(.ignored), metadata: metadata)
        case .held:
            let waits = PolicyRule.named(in: reason).contains { !$0.endsByItself }
            logger.log(level: waits ? .error : .notice, .notable(.held), metadata: metadata)
        default: logger.error(.notable(.rejected), metadata: metadata)
        }
        return row
    }

    /// A newer version that is disabled in the vault is a row too, once.
    func noteDisabled(
        _ version: String,
        because error: VaultError,
        of certificate: ObservedCertificate,
        trigger: Trigger
    ) throws {
        let last = try history.lastDeployment(of: certificate.name, version: version)
        // One that was tried has its row, which says more.
        guard last == nil || last?.outcome == .held else { return }
        let reason = error.reason + (error.hint.map { "; \($0)" } ?? "")
        try noteOnce(.held, reason, version: version, of: certificate, trigger: trigger)
    }

    /// A newer version that a pin keeps from being deployed is a row too.
    func noteHeldByPin(
        _ version: String,
        of certificate: ObservedCertificate,
        trigger: Trigger
    ) throws {
        guard let pin = try history.pin(of: certificate.name) else { return }
        // The pinned version's own successor was deployed once; only what came after is held.
        let last = try history.lastDeployment(of: certificate.name, version: version)
        guard last == nil || last?.outcome == .held else { return }
        try noteOnce(.held, pin.explanation, version: version, of: certificate, trigger: trigger)
    }
}
