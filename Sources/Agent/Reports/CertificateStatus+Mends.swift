import Foundation
import History

/// What a person can do about a state.
extension CertificateStatus {
    /// What leads to a better state; nil where there is none, or the hooks have to say it.
    var mendOfTheState: String? {
        switch state {
        case .denied, .disabled, .notFound, .unreachable: mendOfTheVault
        case .held, .rejected, .ignored: mendOfTheNewest
        case .current, .pinned, .degraded, .pending: nil
        }
    }

    /// What lets the newest version in.
    var mendOfTheNewest: String? {
        switch refusal?.outcome {
        case .rejected, .rolledBack:
            "mend the cause, then kvagent retry \(name); or make a new version in the vault"
        case .failed: "mend the cause; it is tried again at each poll"
        case .held where waitsForAPerson:
            "see kvagent show \(name), then kvagent approve \(name); or make a new version in the vault"
        case .held: "it is deployed when what it waits for is there"
        case .ignored: "remove it from the settings"
        case .deployed, .interrupted, nil: nil
        }
    }

    private var waitsForAPerson: Bool {
        PolicyRule.named(in: refusal?.reason ?? "").contains { !$0.endsByItself }
    }

    /// What makes the vault answer.
    var mendOfTheVault: String? {
        switch state {
        case .denied:
            "let this machine's identity read the secret, and its address through the firewall"
        case .disabled: "enable the newest version in the vault"
        case .notFound: "mend the URL in the settings, or recover the secret in the vault"
        case .unreachable:
            "see whether this machine reaches the vault and its identity: kvagent sync \(name)"
        default: nil
        }
    }
}
