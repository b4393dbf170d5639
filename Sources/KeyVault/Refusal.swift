import Foundation
import HTTP

/// What a vault says when it says no: status, codes and words.
///
/// Decisions go by status and codes; the words change between regions and years.
struct Refusal: Sendable {
    let status: Int
    let code: String?
    let innerCode: String?
    let message: String?

    /// Reads an answer that need not be JSON: gateways in front of a vault answer in HTML.
    init(_ response: HTTPResponse) {
        status = response.status
        // Without a body that can be read, the status has to do.
        let error = (try? response.json(as: Body.self))?.error
        code = error?.code.flatMap(Self.identifier)
        innerCode = error?.innererror?.code.flatMap(Self.identifier)
        message = error?.message.map { $0.oneLine(limit: 300) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private struct Body: Decodable {
        let error: Detail?

        struct Detail: Decodable {
            let code: String?
            let message: String?
            let innererror: Inner?
        }

        struct Inner: Decodable {
            let code: String?
        }
    }

    /// A code as Azure makes them; anything else would only deface the message.
    private static func identifier(_ text: String) -> String? {
        let isWord = text.utf8.allSatisfy { isNameCharacter($0) || "._".utf8.contains($0) }
        return isWord && (1...64).contains(text.utf8.count) ? text : nil
    }

    var kind: VaultError.Kind {
        switch (status, innerCode ?? code) {
        case (403, "SecretDisabled"): .disabled
        case (401, _), (403, _): .denied
        case (404, let code?) where code.hasSuffix("NotFound"): .notFound
        case (429, _): .throttled
        case (408, _), (500...599, _): .serverError
        default: .rejected
        }
    }

    /// What an operator can do.
    func hint(role: String) -> String? {
        switch (status, innerCode ?? code) {
        case (401, _) where message?.contains("AKV10022") == true:
            "the token is for another cloud: check the cloud that is set"
        case (401, _):
            "the vault does not accept the identity's token: check that both are of one tenant"
        case (403, "ForbiddenByRbac"), (403, "ForbiddenByPolicy"), (403, "AccessDenied"):
            "grant \"\(role)\" to \(objectID ?? "the identity")"
        case (403, "ForbiddenByFirewall"):
            "let this machine's address or network through the vault's firewall"
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

    /// The caller's object id, which the vault writes as `oid=…` into its words.
    private var objectID: String? {
        guard let message, let start = message.firstRange(of: "oid=")?.upperBound else {
            return nil
        }
        return UUID(uuidString: String(message[start...].prefix(36)))?.uuidString.lowercased()
    }
}
