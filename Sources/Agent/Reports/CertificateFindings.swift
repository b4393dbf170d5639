import Foundation
import History
import Hooks
import KeyVault

/// What is known of one certificate, as plain values, to judge its state by.
struct CertificateFindings: Sendable {
    var current: String?
    var poll: PollRecord?
    var pin: Pin?

    /// The newest row of the newest version.
    var lastOfLatest: LastDeployment?

    /// The newest row of the live version.
    var lastOfCurrent: LastDeployment?
    var owedHooks: [OwedHook]

    /// The row of a deployment that nobody is working on any more.
    var interrupted: Deployment?
    var now: Date
}

extension CertificateState {
    /// The most urgent thing that is true: what is live and broken comes before what the vault
    /// says, which comes before what is held on purpose.
    init(_ findings: CertificateFindings) {
        self =
            Self.ofTheLive(findings) ?? Self.ofTheVault(findings.poll)
            ?? Self.ofTheNewest(findings)
    }

    /// What was said where the state comes from; nil where nothing was.
    func reason(_ findings: CertificateFindings) -> String? {
        switch self {
        case .unreachable, .disabled, .notFound, .denied: findings.poll?.error
        case .rejected, .held, .ignored:
            findings.lastOfLatest?.error ?? findings.lastOfLatest?.reason
        case .degraded:
            findings.poll?.errorKind == Self.storeTrouble
                ? findings.poll?.error
                : findings.owedHooks.isEmpty ? findings.lastOfCurrent?.error : nil
        case .current, .pinned, .pending: nil
        }
    }

    /// The kind of a poll's error when it can't be told what is live.
    static let storeTrouble = "store"

    private static func ofTheLive(_ findings: CertificateFindings) -> CertificateState? {
        guard let current = findings.current else { return nil }
        let isOwed = findings.owedHooks.contains { $0.version == current }
        // A version that could not be taken back is live though its row says it failed.
        let failedLive =
            findings.lastOfCurrent?.outcome == .failed
            && findings.lastOfCurrent?.previousVersion != current
        let isMisplaced = findings.pin.map { $0.holds(at: findings.now) && $0.version != current }
        return isOwed || failedLive || findings.interrupted != nil || isMisplaced == true
            ? .degraded : nil
    }

    private static func ofTheVault(_ poll: PollRecord?) -> CertificateState? {
        guard let poll, poll.consecutiveFailures > 0 else { return nil }
        switch poll.errorKind {
        case VaultError.Kind.disabled.name: return .disabled
        case VaultError.Kind.notFound.name: return .notFound
        case VaultError.Kind.denied.name: return .denied
        case storeTrouble: return .degraded
        default: return .unreachable
        }
    }

    private static func ofTheNewest(_ findings: CertificateFindings) -> CertificateState {
        if let pin = findings.pin, pin.holds(at: findings.now) { return .pinned }
        if let latest = findings.poll?.latestVersion, latest != findings.current {
            switch findings.lastOfLatest?.outcome {
            case .held: return .held
            case .rejected, .rolledBack: return .rejected
            // This machine is at fault, not the version.
            case .failed: return findings.current == nil ? .pending : .degraded
            case .ignored: return .ignored
            case .deployed, .interrupted, nil: break
            }
        }
        return findings.current == nil ? .pending : .current
    }
}

extension VaultError.Kind {
    /// The word that the history keeps.
    var name: String { "\(self)" }
}
