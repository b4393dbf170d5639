import Foundation
import History

/// From when on something is wrong.
package struct HealthThresholds: Sendable, Equatable {
    /// Seconds of validity left.
    package var expiryWarning: TimeInterval = 21 * 86_400
    package var expiryCritical: TimeInterval = 7 * 86_400

    /// Seconds that a pin may be old; one without an end is taken to last so long yet.
    package var pinAge: TimeInterval = 30 * 86_400

    /// Polls in a row that get no answer; a vault's refusal counts at once.
    package var failures = 3

    /// Whether a daemon should run; without one, something else is to call `kvagent sync`.
    package var expectsDaemon = true

    package init() {}

    /// So many polling intervals after the last poll that succeeded, it is stale.
    static let staleAfterIntervals = 3.0
}

/// What is to be known of a status report, worst first.
package struct Health: Sendable {
    package var findings: [HealthFinding]

    /// Of the worst finding.
    package var level: HealthLevel { findings.map(\.level).max() ?? .ok }

    /// What a person has to do something about.
    package var problems: [HealthFinding] { findings.filter { $0.level > .ok } }

    /// Judges a report.
    ///
    /// | what | level |
    /// |---|---|
    /// | nothing is live | critical |
    /// | the live version has expired, or does within the critical time | critical |
    /// | the live version failed and could not be taken back | critical |
    /// | the live version expires within the warning time | warning |
    /// | a hook is owed | warning |
    /// | the live version's files can't get the access that the settings ask for | warning |
    /// | the newest version is rejected, held or no certificate | warning |
    /// | the vault denies access, or has the secret disabled or not at all | warning |
    /// | polls in a row got no answer, the last success is too long ago | warning |
    /// | a pin is old, holds what has expired, or lasts longer than its certificate | warning |
    /// | no daemon runs | warning |
    /// | the live files were changed, and the policy leaves them so | warning |
    /// | what the policy warns of in the live version, that it was approved | ok |
    /// | a pin as such, a single failed poll, a skipped hook file, what is orphaned | ok |
    ///
    /// A warning about the vault does not grow critical by itself: while the vault is away what is
    /// live goes on being good, and its expiry is judged for itself.
    package init(
        _ report: StatusReport,
        thresholds: HealthThresholds = HealthThresholds(),
        now: Date = Date()
    ) {
        var findings: [HealthFinding] = []
        if thresholds.expectsDaemon, report.agent.pid == nil {
            findings.append(
                HealthFinding(
                    .warning,
                    nil,
                    "the daemon is not running",
                    mend: "systemctl start kvagent"
                )
            )
        }
        for certificate in report.certificates {
            findings += certificate.findings(thresholds, now: now)
        }
        findings += report.orphans.map(\.finding)
        findings += report.agent.warnings.map { HealthFinding(.ok, nil, $0) }
        // Stable: within a level the order of the settings stays.
        self.findings = HealthLevel.allCases.sorted(by: >).flatMap { level in
            findings.filter { $0.level == level }
        }
    }
}

extension CertificateStatus {
    fileprivate func findings(_ thresholds: HealthThresholds, now: Date) -> [HealthFinding] {
        guard current != nil else { return [ofNothingLive] }
        return expiry(thresholds, now: now) + ofTheLive + ofTheNewest(now)
            + polls(thresholds, now: now) + ofThePin(thresholds, now: now) + ofThePolicy
    }

    private func finding(
        _ level: HealthLevel,
        _ message: String,
        mend: String? = nil
    ) -> HealthFinding {
        HealthFinding(level, name, message, mend: level > .ok ? mend : nil)
    }

    private var ofNothingLive: HealthFinding {
        if state == .ignored {
            return finding(
                .warning,
                "the secret is no certificate; remove it from the settings",
                mend: "remove it from the settings"
            )
        }
        let why = reason ?? warnings.first ?? lastPoll?.error ?? "not polled yet"
        return finding(
            .critical,
            "nothing is live: \(why)",
            mend: mendOfTheVault ?? mendOfTheNewest ?? "kvagent sync \(name)"
        )
    }

    private func expiry(_ thresholds: HealthThresholds, now: Date) -> [HealthFinding] {
        guard let notAfter = current?.notAfter else { return [] }
        let left = notAfter.timeIntervalSince(now)
        let remedy =
            isPinned(at: now) && newerInVault != nil
            ? "; a pin holds it: kvagent unpin \(name)" : ""
        let date = notAfter.formatted(.rfc3339)
        let mend: String? =
            remedy.isEmpty
            ? newerInVault == nil ? "renew it in the vault" : mendOfTheNewest
            : "kvagent unpin \(name)"
        if left <= 0 { return [finding(.critical, "expired on \(date)\(remedy)", mend: mend)] }
        let level: HealthLevel =
            left < thresholds.expiryCritical
            ? .critical : left < thresholds.expiryWarning ? .warning : .ok
        guard level > .ok else { return [] }
        return [finding(level, "expires in \(left.inWords), on \(date)\(remedy)", mend: mend)]
    }

    private var ofTheLive: [HealthFinding] {
        let owed = owedHooks.map {
            finding(
                .warning,
                "\($0.phase == "verify" ? "live check" : "\($0.phase) hook") \"\($0.name)\" is owed since \($0.since.formatted(.rfc3339)), tried \($0.attempts)×",
                mend: $0.phase == "verify"
                    ? "see who serves what: kvagent serving"
                    : "mend what the hook reports; or, if it isn't wanted any more, kvagent retry \(name)"
            )
        }
        if let drift = current?.drift {
            return owed + [
                finding(
                    .warning,
                    drift,
                    mend: "see who changed it; with policy: {drift: heal} a pass puts it right"
                )
            ]
        }
        // A newer version that this machine could not stage has left the live one alone; that is told
        // of the newest.
        let isStuck = reason == nil && refusal?.outcome == .failed && latest != current?.version
        guard state == .degraded, owed.isEmpty, !isStuck else { return owed }
        // What is live can be told and is served on, if only its access isn't what the settings say.
        let isOfAccess = reason != nil && reason == lastPoll?.error
        return [
            finding(
                isOfAccess ? .warning : .critical,
                reason ?? "the live version failed and could not be taken back",
                mend: isOfAccess ? "mend what the message names" : "kvagent rollback \(name)"
            )
        ]
    }

    private func ofTheNewest(_ now: Date) -> [HealthFinding] {
        guard let latest, let refusal, !isPinned(at: now) else { return [] }
        let word: String
        switch refusal.outcome {
        case .rejected: word = "was rejected"
        case .rolledBack: word = "was rolled back"
        case .failed: word = "could not be deployed"
        case .held: word = "is held"
        case .ignored: word = "is no certificate"
        case .deployed, .interrupted: return []
        }
        let why = refusal.outcome == .ignored ? "" : refusal.reason.map { ": \($0)" } ?? ""
        return [
            finding(
                .warning,
                "the newest version \(latest.prefix(8)) \(word)\(why)",
                mend: mendOfTheNewest
            )
        ]
    }

    private var ofThePolicy: [HealthFinding] {
        guard let current, !current.findings.isEmpty || current.approval != nil else { return [] }
        let version = "the live version \(current.version.prefix(8))"
        let warnings = current.findings.map {
            finding(.ok, "\(version): \($0.rule): \($0.message)")
        }
        guard let approval = current.approval else { return warnings }
        return warnings + [finding(.ok, "\(version) was \(approval.words)")]
    }

    private var newerInVault: String? { latest == current?.version ? nil : latest }

    private func isPinned(at now: Date) -> Bool { pin?.holds(at: now) == true }

    private func polls(_ thresholds: HealthThresholds, now: Date) -> [HealthFinding] {
        // What keeps the store from being read is told as the live version's trouble.
        if let lastPoll, !lastPoll.ok, !(state == .degraded && owedHooks.isEmpty) {
            let isRefusal = [.denied, .disabled, .notFound].contains(state)
            let message =
                "\(lastPoll.error ?? "no answer") (\(consecutiveFailures) "
                + (consecutiveFailures == 1 ? "poll)" : "polls in a row)")
            if isRefusal || consecutiveFailures >= thresholds.failures {
                return [finding(.warning, message, mend: mendOfTheVault)]
            }
            return [finding(.ok, message)] + staleness(now)
        }
        return staleness(now)
    }

    private func staleness(_ now: Date) -> [HealthFinding] {
        guard let lastSuccessfulPoll else {
            return [
                finding(.warning, "no poll has succeeded yet", mend: "kvagent sync \(name)")
            ]
        }
        let interval = TimeInterval(pollingIntervalInS)
        let age = now.timeIntervalSince(lastSuccessfulPoll)
        guard age > interval * HealthThresholds.staleAfterIntervals else { return [] }
        return [
            finding(
                .warning,
                "the last successful poll was \(age.inWords) ago, the interval is \(interval.inWords)",
                mend: "see whether the daemon runs: systemctl status kvagent"
            )
        ]
    }

    private func ofThePin(_ thresholds: HealthThresholds, now: Date) -> [HealthFinding] {
        guard let pin, isPinned(at: now) else { return [] }
        let age = now.timeIntervalSince(pin.at)
        let words =
            "pinned to \(pin.version.prefix(8)) by \(pin.actor) for \(age.inWords)"
            + (newerInVault.map { ", the vault has \($0.prefix(8))" } ?? "")
            + (pin.reason.map { ": \($0)" } ?? "")
        let mend = "kvagent unpin \(name), once its reason is gone"
        if let concern = pinConcern(thresholds, now: now) {
            return [finding(.warning, "\(words); \(concern.words)", mend: mend)]
        }
        let end = pin.until.map { "; until \($0.formatted(.rfc3339))" } ?? ""
        return [finding(age > thresholds.pinAge ? .warning : .ok, words + end, mend: mend)]
    }
}

extension PinStatus {
    /// Whether it holds at `now`; one whose end has come stays on record until it is lifted.
    package func holds(at now: Date) -> Bool { until.map { now < $0 } ?? true }
}
