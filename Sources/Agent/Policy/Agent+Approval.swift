import Foundation
import History
import KeyVault
import Logging
import Store

extension Agent {
    /// Lets through the version that the policy holds, and deploys it as a `sync` would.
    ///
    /// The vault is asked first, and the decision made again under the lock: what is approved is what
    /// is held now. The approval is on record before anything else is, so after a crash the next pass
    /// goes on with it. It is of that version alone; the next one is examined as any other.
    ///
    /// - Parameters:
    ///   - name: The certificate.
    ///   - target: The version that is meant; nil for the one that was last found to be held, so that
    ///     nobody lets through what he hasn't seen.
    ///   - reason: Why, for the history.
    /// - Returns: What became of it.
    /// - Throws: ``Refusal`` when the policy holds nothing, or not that version; `HistoryError`,
    ///   `LockError`, `StoreError`.
    package func approve(
        _ name: String,
        version target: RollbackTarget? = nil,
        reason: String?
    ) async throws -> PassReport {
        let certificate = try certificate(named: name)
        let failedHooks = try await settleDebts()
        let observation = try await observeWithFiles(certificate)
        var report = try await withLock {
            if case .success(let offer) = observation.result {
                try record([observation], trigger: .sync)
                let held = try heldVersion(of: certificate, offer, meant: target)
                let isSeen = try target != nil || isNoted(held.findings, of: held.record)
                if isSeen { try approve(held.record, reason: reason) }
                let report = try await apply([observation], trigger: .sync)
                guard isSeen else { throw Refusal.unseen(held.record, held.findings) }
                return report
            }
            return try await apply([observation], trigger: .sync)
        }
        report.failedHooks += failedHooks
        return report
    }

    /// What the vault offers, with its files although the policy holds it.
    private func observeWithFiles(
        _ certificate: ObservedCertificate
    ) async throws -> Observation {
        let observation = try await observe([certificate])[0]
        guard case .success(var offer) = observation.result, offer.fetched(offer.newest) == nil
        else { return observation }
        let result: Result<Observation.Offer, any Error>
        do {
            let record = try history.version(offer.newest, of: certificate.name)
            if try storedFiles(record, of: certificate) == nil {
                offer.fetched.append(try await fetch(offer.newest, of: certificate))
            }
            result = .success(offer)
        } catch let error as VaultError {
            result = .failure(error)
        } catch let error as StoreError {
            result = .failure(error)
        }
        return Observation(certificate: certificate, at: observation.at, result: result)
    }

    /// The version that the vault offers and the policy holds.
    ///
    /// - Throws: ``Refusal`` that says how it stands instead.
    private func heldVersion(
        of certificate: ObservedCertificate,
        _ offer: Observation.Offer,
        meant target: RollbackTarget?
    ) throws -> (record: VersionRecord, findings: [PolicyFinding]) {
        let name = certificate.name
        let situation = try situation(of: certificate, offered: offer.newest)
        if situation.isChosen, let pin = try history.pin(of: name) {
            throw Refusal(
                "\(name) is \(pin.explanation)",
                hint: "kvagent unpin \(name) comes first"
            )
        }
        if let target {
            let meant = try RecordedVersions(of: name, current: situation.current, history: history)
                .version(target)
            guard meant.version == offer.newest else {
                throw Refusal(
                    "version \(meant.version) is not the one that the vault offers",
                    hint: "the newest is \(offer.newest)"
                )
            }
        }
        let decision = Decision.decide(situation)
        if case .hold = decision, let record = situation.record {
            return (record, situation.findings)
        }
        let fetched = offer.fetched(offer.newest)
        let judgement = Judgement(situation, fetched: fetched)
        throw try judgement.refusalToApprove(
            offer.newest,
            of: name,
            approval: situation.approval,
            last: history.lastDeployment(of: name, version: offer.newest)
        )
    }

    /// Whether the history says of a version that it is held for just these findings, or for more.
    private func isNoted(
        _ findings: [PolicyFinding],
        of record: VersionRecord
    ) throws(HistoryError) -> Bool {
        let last = try history.lastDeployment(of: record.certificate, version: record.version)
        guard last?.outcome == .held, let reason = last?.reason else { return false }
        return findings.holds.allSatisfy { reason.contains($0.description) }
    }

    private func approve(_ record: VersionRecord, reason: String?) throws(HistoryError) {
        try history.approve(
            Approval(
                certificate: record.certificate,
                version: record.version,
                actor: actor,
                reason: reason,
                at: Date()
            )
        )
        logger.notice(
            .notable(.approved),
            metadata: ["certificate": "\(record.certificate)", "version": "\(record.version)"]
        )
    }
}

extension Judgement {
    /// Why there is nothing to approve.
    fileprivate func refusalToApprove(
        _ version: String,
        of name: String,
        approval: Approval?,
        last: Deployment?
    ) -> Refusal {
        switch self {
        case .unchanged:
            Refusal("nothing of \(name) is held: its newest version \(version) is live")
        case .deploy:
            if let approval {
                Refusal(
                    "version \(version) of \(name) is \(approval.explanation) already",
                    hint: "kvagent sync \(name) deploys it"
                )
            } else if last?.outcome == .held, let reason = last?.error {
                Refusal(
                    "version \(version) of \(name) is not held by the policy: \(reason)",
                    hint: "a check hook isn't outvoted; see what it waits for"
                )
            } else {
                Refusal(
                    "the policy does not hold version \(version) of \(name)",
                    hint: "kvagent sync \(name) deploys it"
                )
            }
        case .refusedBefore(let reason), .leave(.rejected, let reason):
            Refusal(
                "version \(version) of \(name) is rejected, not held: \(reason)",
                hint: "mend the cause, then kvagent retry \(name)"
            )
        case .leave(_, let reason):
            Refusal("version \(version) of \(name) is not held by the policy: \(reason)")
        case .overtaken:
            Refusal("\(name) has just changed", hint: "look at it, and approve it again")
        }
    }
}

extension Refusal {
    fileprivate static func unseen(_ record: VersionRecord, _ findings: [PolicyFinding]) -> Refusal
    {
        Refusal(
            "the newest version \(record.version) of \(record.certificate) is held for what nobody was told yet: \(findings.holds.map(\.description).joined(separator: "; "))",
            hint: "look at it, and approve it again"
        )
    }
}
