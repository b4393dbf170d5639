import Foundation
import History
import Hooks
import KeyVault
import Store

extension StatusReport {
    /// Reads how everything stands; changes nothing and needs no lock.
    ///
    /// - Parameters:
    ///   - settings: What is observed.
    ///   - history: Nil when the agent has never run.
    ///   - daemon: The process id of the running daemon.
    ///   - findsOrphans: Whether to look through the stores for what is orphaned, too.
    ///   - now: The time to judge pins and validity by.
    /// - Throws: `HistoryError`.
    package init(
        _ settings: Settings,
        history: History?,
        daemon: Int?,
        findsOrphans: Bool = true,
        now: Date = Date()
    ) throws {
        orphans = findsOrphans ? try OrphanStatus.all(settings, history: history) : []
        let polls = Dictionary(
            uniqueKeysWithValues: try history?.polls().map { ($0.certificate, $0) } ?? []
        )
        // While somebody holds the lock, an open deployment is under way, not interrupted.
        let isAtWork = ProcessLock.currentHolder(at: settings.lockFile) != nil
        let open = isAtWork ? [] : try history?.openDeployments() ?? []
        let owed = Dictionary(grouping: try history?.owedHooks(of: nil) ?? [], by: \.certificate)
        let catalog = settings.hookCatalog()
        let live = settings.certificates.liveVersions().map { LiveLink($0) }
        let standings = try history?.standings(
            zip(settings.certificates, live).map { certificate, live in
                StandingQuestion(
                    certificate: certificate.name,
                    current: live.version,
                    latest: polls[certificate.name]?.latestVersion
                )
            }
        )
        certificates = settings.certificates.indices.map { index in
            let certificate = settings.certificates[index]
            return CertificateStatus(
                certificate,
                live: live[index],
                standing: standings?[index] ?? CertificateStanding(),
                poll: polls[certificate.name],
                owedHooks: owed[certificate.name] ?? [],
                interrupted: open.first { $0.certificate == certificate.name },
                now: now
            )
        }
        let observed = certificates.map(\.name).compactMap { polls[$0] }
        agent = AgentStatus(
            version: kvagentVersion,
            pid: daemon,
            lastPass: observed.map(\.lastTryAt).max(),
            nextPass: daemon == nil ? nil : observed.compactMap(\.nextPollAt).min(),
            warnings: settings.notes.map(\.description) + catalog.warnings.map(\.description)
        )
    }
}

/// What the store says is live.
struct LiveLink {
    let version: String?

    /// Why that can't be told.
    let problem: StoreError?

    /// - Parameter version: The version, or what kept the store from telling it.
    init(_ version: Result<String?, StoreError>) {
        do {
            self.version = try version.get()
            problem = nil
        } catch {
            self.version = nil
            problem = error
        }
    }

    init(of certificate: ObservedCertificate) {
        self.init([certificate].liveVersions()[0])
    }
}

extension CertificateStatus {
    init(
        _ certificate: ObservedCertificate,
        live: LiveLink,
        standing: CertificateStanding,
        poll: PollRecord?,
        owedHooks: [OwedHook],
        interrupted: Deployment? = nil,
        now: Date
    ) {
        var warnings: [String] = []
        if let problem = live.problem { warnings.append(problem.description) }
        let current = live.version
        let name = certificate.name
        let pin = standing.pin
        let lastOfCurrent = standing.lastOfCurrent
        let findings = CertificateFindings(
            current: current,
            poll: poll,
            pin: pin,
            lastOfLatest: standing.lastOfLatest,
            lastOfCurrent: lastOfCurrent,
            owedHooks: owedHooks,
            interrupted: interrupted,
            now: now
        )
        if let interrupted {
            warnings.append(
                "the deployment of version \(interrupted.version) was interrupted; the next pass finishes it"
            )
        }
        if let pin, pin.holds(at: now), let current, pin.version != current {
            warnings.append("pinned to version \(pin.version), which is not live")
        }
        if let error = lastOfCurrent?.error {
            warnings.append("version \(current ?? ""): \(error)")
        }
        let isDrifting = lastOfCurrent?.trigger == .drift && lastOfCurrent?.outcome == .held
        let drift = isDrifting ? lastOfCurrent?.reason : nil
        if let drift { warnings.append("version \(current ?? ""): \(drift)") }
        let record = standing.live?.record
        let concerns = standing.live.map { certificate.concerns(of: $0, now: now) }
        warnings += concerns?.map { "version \(current ?? ""): \($0)" } ?? []
        if let notAfter = record?.notAfter, notAfter <= now {
            warnings.append("the live version expired on \(notAfter.formatted(.rfc3339))")
        }
        let refused = poll?.latestVersion == current ? nil : findings.lastOfLatest
        let refusal = refused.flatMap {
            $0.outcome == .deployed
                ? nil : RefusalStatus(outcome: $0.outcome, reason: $0.error ?? $0.reason)
        }
        if let version = poll?.latestVersion, let why = refusal?.reason {
            warnings.append("version \(version): \(why)")
        }
        let state = CertificateState(findings)
        self.init(
            name: name,
            url: certificate.url.description,
            state: state,
            reason: state.reason(findings),
            current: current.map {
                CurrentVersion(
                    version: $0,
                    thumbprint: record?.thumbprint,
                    sha256: record?.sha256,
                    notBefore: record?.notBefore,
                    notAfter: record?.notAfter,
                    since: (isDrifting ? standing.live?.arrival : lastOfCurrent)?.finishedAt,
                    drift: drift,
                    findings: concerns?.map(FindingReport.init) ?? [],
                    approval: standing.live?.approval.map(ApprovalReport.init)
                )
            },
            latest: poll?.latestVersion,
            refusal: refusal,
            pin: pin.map {
                PinStatus(
                    version: $0.version,
                    reason: $0.reason,
                    actor: $0.actor,
                    at: $0.at,
                    until: $0.until
                )
            },
            lastPoll: poll.map {
                PollStatus(at: $0.lastTryAt, ok: $0.consecutiveFailures == 0, error: $0.error)
            },
            lastSuccessfulPoll: poll?.lastSuccessAt,
            pollingIntervalInS: Int(certificate.pollingInterval.inSeconds),
            nextPoll: poll?.nextPollAt,
            consecutiveFailures: poll?.consecutiveFailures ?? 0,
            owedHooks: owedHooks.map {
                OwedHookStatus(
                    name: $0.hook,
                    phase: $0.phase,
                    since: $0.since,
                    attempts: $0.attempts
                )
            },
            warnings: warnings
        )
        mend = mendOfTheState
        if let concern = pinConcern(HealthThresholds(), now: now), let pin {
            self.warnings.append("pinned by \(pin.actor), \(concern.words)")
        }
    }
}
