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
    /// By how much this machine's clock is ahead of the vault's; negative where it is behind.
    let clockLead: TimeInterval?

    /// Reads an answer that need not be JSON: gateways in front of a vault answer in HTML.
    init(_ response: HTTPResponse, now: Date = Date()) {
        status = response.status
        // A field that is no date tells nothing about a clock.
        clockLead = response.value(of: "Date").flatMap { Date(httpDate: $0) }
            .map { now.timeIntervalSince($0) }
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
}
