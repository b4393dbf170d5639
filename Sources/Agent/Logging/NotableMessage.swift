import Logging

/// The messages that other programs may watch for: each has a fixed id, which the journal keeps
/// as `MESSAGE_ID=` (`journalctl MESSAGE_ID=…`).
///
/// An id never changes its meaning; a phrase may.
enum NotableMessage: String, CaseIterable {
    case started = "started"
    case stopped = "stopped"
    case settingsReadAgain = "settings read again"
    case settingsRefused = "settings not taken over, the old ones stay"
    case newVersion = "new version in the vault"
    case policyWarning = "policy warning"
    case approved = "version approved"
    case deployed = "certificate deployed"
    case healed = "live files put right"
    case held = "certificate held"
    case rejected = "certificate rejected"
    case rolledBack = "certificate rolled back"
    case notDeployed = "certificate not deployed"
    case stillLive = "refused version is still live"
    case ignored = "secret ignored"
    case pollFailed = "poll failed"
    case passFailed = "pass could not be made"
    case hookFailed = "hook did not succeed"
    case notServed = "live certificate is not served"
    case owedHookSucceeded = "owed hook succeeded"
    case owedHookFailed = "owed hook did not succeed"
    case interrupted = "found a deployment that was interrupted"

    /// 128 bits in hexadecimal, drawn at random once (systemd.journal-fields(7)).
    var id: String {
        switch self {
        case .started: "b2c9ce59824341ed91a7596b2d805ea6"
        case .stopped: "78e04e166de047719c96f5a170d857ad"
        case .settingsReadAgain: "6f828e61855c4f959040d8069f0b4fe3"
        case .settingsRefused: "8169b5873e1b41448e454bf9c7b323c3"
        case .newVersion: "ce63b6c9e1214e329d9afad2d0e30cc6"
        case .policyWarning: "f60126a06cfea5b54a2164c74ed26432"
        case .approved: "77b723697844ebf6d5f4266e756a0a6f"
        case .deployed: "4225c8be29be4efab36fe5270e3dc3ca"
        case .healed: "6c0b7f3f3d7d4b0a9d5c1f5f0b7e2a94"
        case .held: "716468616f4e44a49e65d55547d8407f"
        case .rejected: "a9878ed850684e68ae3a91abe691aa4e"
        case .rolledBack: "0648a235c8df4a389cb3cb6da2919c43"
        case .notDeployed: "a1de0fe23bf74607b163d859947a3f44"
        case .stillLive: "6866cffb82b847c593a0c6565e8efe10"
        case .ignored: "6edd00bdd3c84a0584fc312689dcc104"
        case .pollFailed: "16c7bd73919a4b1ba0c77abfe1f45c01"
        case .passFailed: "416329a41b2847cc8b800c6426ebbc67"
        case .hookFailed: "4c526e2fda844b9383cd198562af10da"
        case .notServed: "4cd4913d76ca44b8bcfcc5691a35875d"
        case .owedHookSucceeded: "9194f753031f4633840103c13cc6679f"
        case .owedHookFailed: "280411f07f2141edb81e937ebce82a38"
        case .interrupted: "d09be4d3cae446a3bb171d1f6a5d830f"
        }
    }
}

extension Logger.Message {
    /// The phrase of a message that has an id.
    static func notable(_ message: NotableMessage) -> Logger.Message {
        "\(message.rawValue)"
    }
}
