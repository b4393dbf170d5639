import Foundation

extension Refusal {
    /// What an operator can do.
    ///
    /// The words of a vault decide nothing here: they only lend names to what the codes say.
    func hint(role: String) -> String? {
        switch (status, innerCode ?? code) {
        case (401, _): hintOnTheToken
        case (403, "ForbiddenByRbac"): "grant \"\(role)\" to \(caller)"
        case (403, "ForbiddenByPolicy"):
            "let \(caller) \(permission ?? "read secrets") in the vault's access policies"
        case (403, "AccessDenied"):
            "it is being deleted or recovered in the vault: wait until that is done"
        case (403, "ForbiddenByFirewall"):
            "let \(address ?? "this machine's address or network") through the vault's firewall"
        case (403, "ForbiddenByConnection"):
            "the vault is closed to public networks: reach it through a private endpoint"
        case (403, "SecretDisabled"):
            "enable the newest version, or wait until there is a newer one"
        case (404, _) where kind == .notFound:
            "check the name; if it was deleted, recover it in the vault"
        case (429, _):
            "too many requests reach this vault; poll it less often"
        case (300...399, _):
            "redirects are not followed, so that no token goes astray"
        default:
            nil
        }
    }

    /// A clock that is wrong comes first: a token's times are judged by it.
    private var hintOnTheToken: String {
        if let clockLead, abs(clockLead) > Self.tolerance {
            let amount = Self.words(abs(clockLead))
            let way = clockLead > 0 ? "ahead of" : "behind"
            return "this machine's clock is \(amount) \(way) the vault's: set it right"
        }
        if message?.contains("AKV10022") == true {
            return "the token is for another cloud: check the cloud that is set"
        }
        if message?.contains("TokenExpired") == true {
            return "the vault takes the identity's token for expired: check this machine's clock"
        }
        return "the vault does not accept the identity's token: check that both are of one tenant"
    }

    /// What Microsoft's services let clocks differ by.
    private static let tolerance: TimeInterval = 300

    private static func words(_ seconds: TimeInterval) -> String {
        switch seconds {
        case ..<7200: "\(Int(seconds / 60)) minutes"
        case ..<172_800: "\(Int(seconds / 3600)) hours"
        default: "\(Int(seconds / 86_400)) days"
        }
    }

    /// The caller's object id, which the vault writes as `oid=…` into its words, with the client id
    /// by which settings name an identity.
    private var caller: String {
        guard let object = identifier(after: "oid=") else { return "the identity" }
        guard let application = identifier(after: "appid=") else { return object }
        return "\(object) (client id \(application))"
    }

    private func identifier(after prefix: String) -> String? {
        rest(after: prefix).flatMap { UUID(uuidString: String($0.prefix(36))) }?
            .uuidString.lowercased()
    }

    private func rest(after prefix: String) -> Substring? {
        guard let message, let start = message.firstRange(of: prefix)?.upperBound else {
            return nil
        }
        return message[start...]
    }

    /// What a policy lacks, as in `get secrets`.
    private var permission: String? {
        guard let words = rest(after: "does not have ")?.split(separator: " "), words.count > 2,
            words[2] == "permission", ["secrets", "certificates"].contains(words[0]),
            ["get", "list"].contains(words[1])
        else { return nil }
        return "\(words[1]) \(words[0])"
    }

    /// Where the vault sees this machine come from.
    private var address: String? {
        guard let address = rest(after: "Client address: ")?.prefix(while: { $0 != " " }) else {
            return nil
        }
        let isAddress = address.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"):
                true
            default: false
            }
        }
        return isAddress && (2...45).contains(address.utf8.count) ? String(address) : nil
    }
}
