import Foundation
import HTTP
import Sensitive

/// What an identity endpoint answers with a token.
///
/// IMDS writes its numbers as strings, other endpoints as numbers.
struct TokenAnswer: Decodable {
    private let accessToken: String
    private let expiresIn: Seconds?
    private let expiresOn: Seconds?
    private let refreshIn: Seconds?
    private let clientID: String?
    private let objectID: String?
    private let resourceID: String?

    private enum CodingKeys: String, CodingKey {
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case expiresOn = "expires_on"
        case refreshIn = "refresh_in"
        case clientID = "client_id"
        case objectID = "object_id"
        case resourceID = "msi_res_id"
    }

    /// Whether the answer says to be of that identity, or none in particular was asked for.
    ///
    /// An agent that doesn't know a parameter leaves it out of account (MSAL fails on that, too).
    func isOf(_ selector: IdentitySelector) -> Bool {
        switch selector {
        case .system: true
        case .clientID(let id): clientID?.lowercased() == id.lowercased()
        case .objectID(let id): objectID?.lowercased() == id.lowercased()
        case .resourceID(let id): resourceID?.lowercased() == id.lowercased()
        }
    }

    /// A token that can be used, or nil: without an end, or not fit for a header field.
    func token(now: Date) -> AccessToken? {
        guard !accessToken.isEmpty, accessToken.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let expiry = expiry(now: now)
        else { return nil }
        return AccessToken(
            secret: SensitiveBytes(copying: accessToken.utf8),
            expiresAt: expiry,
            renewAt: Self.renewal(now: now, expiry: expiry, refreshIn: refreshIn?.value)
        )
    }

    /// The earlier of both statements; an `expires_on` in the past is a clock that is wrong, not
    /// a token that came expired.
    private func expiry(now: Date) -> Date? {
        let relative = expiresIn.map { now.addingTimeInterval($0.value) }
        let absolute = expiresOn.map { Date(timeIntervalSince1970: $0.value) }
        guard let relative else { return absolute.flatMap { $0 > now ? $0 : nil } }
        guard relative > now else { return nil }
        guard let absolute, absolute > now else { return relative }
        return min(relative, absolute)
    }

    /// When to renew, as azure-identity does: when the endpoint says; at half-life for tokens of
    /// two hours or more; in any case five minutes before the end.
    static func renewal(now: Date, expiry: Date, refreshIn: TimeInterval?) -> Date {
        let lifetime = expiry.timeIntervalSince(now)
        let latest = expiry.addingTimeInterval(-300)
        if let refreshIn, refreshIn > 0 { return min(now.addingTimeInterval(refreshIn), latest) }
        return lifetime >= 7200 ? now.addingTimeInterval(lifetime / 2) : latest
    }
}

/// A number of seconds, written as a number or as a string of one.
private struct Seconds: Decodable {
    let value: TimeInterval

    /// Up to the year 9999, beyond which no date of ours goes.
    private static let range = 0.0...253_402_300_799

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let number =
            if let text = try? container.decode(String.self) {
                // Not a string: then it has to be a number, and the next line says if not.
                Double(text)
            } else {
                try container.decode(Double.self)
            }
        guard let number, Self.range.contains(number) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "not a number of seconds"
            )
        }
        value = number
    }
}

/// What an identity endpoint answers without one.
struct TokenRefusal: Decodable {
    let error: String?
    let description: String?
    /// App Service's, which has no other words.
    let message: String?

    private enum CodingKeys: String, CodingKey {
        case error, message
        case description = "error_description"
    }

    /// For people only: Microsoft asks not to decide anything by it.
    var text: String? {
        let parts = [error, description, message].compactMap { $0?.oneLine(limit: 200) }
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
}
