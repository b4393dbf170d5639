import Agent
import KeyVault

/// The exit codes, a contract with scripts; the large ones are those of sysexits.h.
enum ExitStatus: Int32, Error {
    case success = 0
    /// A certificate or a hook failed.
    case failed = 1
    /// With `--exit-code`: something changed.
    case changed = 10
    /// Another process holds the lock.
    case locked = 11
    case usage = 64
    /// The vault or the identity endpoint is away.
    case unavailable = 69
    case denied = 77
    case configuration = 78
}

extension ExitStatus {
    /// What a pass comes to: failures on this side first, then what the vaults said.
    init(_ report: PassReport, tellsChange: Bool) {
        var changed = false
        var failed = !report.failedHooks.isEmpty
        var unavailable = false
        var denied = false
        for certificate in report.certificates {
            switch certificate.verdict {
            case .unchanged, .held, .ignored: continue
            case .deployed, .wouldDeploy: changed = true
            case .deployedDespite: failed = true
            case .refused, .rolledBack, .failed: failed = true
            case .notObserved(let error):
                switch ExitStatus(error) {
                case .denied: denied = true
                case .unavailable: unavailable = true
                default: failed = true
                }
            }
        }
        self =
            if failed { .failed } else if unavailable { .unavailable } else if denied {
                .denied
            } else if changed, tellsChange { .changed } else { .success }
    }
}

extension ExitStatus {
    /// What an answer of the vault comes to.
    init(_ error: VaultError) {
        switch error.kind {
        case .denied: self = .denied
        case .unreachable, .identity, .throttled, .serverError: self = .unavailable
        case .disabled, .notFound, .malformed, .rejected: self = .failed
        }
    }
}
