import Foundation
import History

/// What there is to decide on for one certificate, as plain values.
package struct Situation: Sendable {
    /// The live version, nil before the first installation.
    package var current: String?

    /// Whether the files of the live version are what was recorded, and those of further formats
    /// are there.
    package var isIntact: Bool

    /// The version that should be live: the pinned one while a pin applies, else the newest.
    package var target: String

    /// What is on record of the target; nil when it was never fetched.
    package var record: VersionRecord?

    /// Whether the target was found to be no certificate when it was fetched.
    package var wasIgnored: Bool

    /// Why the target was refused before, unless a retry was asked for since.
    package var refusal: Deployment?

    /// Whether a person has chosen the target, with a pin, a rollback or a version in the URL: it
    /// isn't examined then.
    package var isChosen: Bool

    /// What is on record of the live version, for the rules that compare.
    package var currentRecord: VersionRecord?

    /// Whether the target was on record before the live version.
    package var isOlderOnRecord: Bool

    /// What was found in the target while its secret was at hand.
    package var contents: [Examination.Finding]

    package var policy: Policy

    /// Who has let the target through, if anybody.
    package var approval: Approval?

    package var now: Date

    package init(
        current: String?,
        isIntact: Bool = true,
        target: String,
        record: VersionRecord? = nil,
        wasIgnored: Bool = false,
        refusal: Deployment? = nil,
        isChosen: Bool = false,
        currentRecord: VersionRecord? = nil,
        isOlderOnRecord: Bool = false,
        contents: [Examination.Finding] = [],
        policy: Policy = Policy(),
        approval: Approval? = nil,
        now: Date
    ) {
        self.current = current
        self.isIntact = isIntact
        self.target = target
        self.record = record
        self.wasIgnored = wasIgnored
        self.refusal = refusal
        self.isChosen = isChosen
        self.currentRecord = currentRecord
        self.isOlderOnRecord = isOlderOnRecord
        self.contents = contents
        self.policy = policy
        self.approval = approval
        self.now = now
    }
}

extension Situation {
    /// The version that should be live.
    ///
    /// A pin names it, so that a rollback that was cut short by a crash is finished by the next
    /// pass instead of being undone by it.
    package static func target(offered: String, pin: Pin?, now: Date) -> String {
        guard let pin, pin.holds(at: now) else { return offered }
        return pin.version
    }
}

extension Situation {
    /// What the policy says of the target; nothing of what is live, or what a person has chosen.
    package var findings: [PolicyFinding] {
        guard !isChosen, target != current, let record, record.thumbprint != nil else { return [] }
        return policy.findings(
            of: PolicyCandidate(record, contents: contents, isOlderOnRecord: isOlderOnRecord),
            comparedTo: currentRecord,
            now: now
        )
    }

    /// Why the target is deployed although something is to be said of it, for its row; nil where
    /// nothing is.
    package var remark: String? {
        let findings = findings
        let approved = findings.holds.isEmpty ? nil : approval?.explanation
        let remarks = (approved.map { [$0] } ?? []) + findings.warnings.map(\.description)
        return remarks.isEmpty ? nil : remarks.joined(separator: "; ")
    }
}

extension Approval {
    /// The approval in words, for the row of a version that is deployed because of it.
    package var explanation: String {
        "approved by \(actor)" + (reason.map { ": \($0)" } ?? "")
    }
}

extension Pin {
    /// The hold in words, for the row of a version that it keeps from being deployed.
    package var explanation: String {
        "pinned to \(version) by \(actor)" + (reason.map { ": \($0)" } ?? "")
    }
}

/// What to do about one certificate in one pass.
package enum Decision: Sendable, Equatable {
    /// The right version is live.
    case upToDate

    /// The version was never fetched, or never understood: fetch it.
    case fetch

    /// Make the version live.
    case deploy

    /// The version waits; `reason` says for what.
    case hold(reason: String)

    /// The version won't do; a newer one or the operator's `retry` changes that.
    case reject(reason: String)

    /// The version was refused in an earlier pass and stays so.
    case refusedBefore(reason: String)

    /// The secret isn't a certificate.
    case ignore(reason: String)
}

extension Decision {
    /// Why a plain secret is left alone.
    package static let notACertificate = "not a certificate"

    /// The whole policy, without any effect.
    package static func decide(_ situation: Situation) -> Decision {
        let isLive = situation.target == situation.current
        guard !isLive || !situation.isIntact else { return .upToDate }
        // What is live goes on being served, so its files are mended though a hook refused it.
        if !isLive, let refusal = situation.refusal {
            return .refusedBefore(reason: refusal.error ?? refusal.reason ?? "refused before")
        }
        guard let record = situation.record else { return .fetch }
        guard record.thumbprint != nil else {
            return situation.wasIgnored ? .ignore(reason: notACertificate) : .fetch
        }
        // What was live before its files were damaged is mended whatever its dates.
        guard !isLive else { return .deploy }
        let findings = situation.findings
        guard !findings.holds.isEmpty, situation.approval == nil else { return .deploy }
        return .hold(reason: findings.reasonToHold(record.certificate))
    }
}
