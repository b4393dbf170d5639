import Foundation
import Sensitive

/// What `az account get-access-token` prints.
struct AzureCommandAnswer: Decodable {
    private let accessToken: String
    /// Seconds since 1970; versions before 2.54 don't have it.
    private let expiry: Int?
    /// The local time, `2026-01-31 12:00:00.000000`.
    private let localExpiry: String?

    private enum CodingKeys: String, CodingKey {
        case accessToken
        case expiry = "expires_on"
        case localExpiry = "expiresOn"
    }

    /// A token that can be used, or nil.
    func token(now: Date) -> AccessToken? {
        guard !accessToken.isEmpty, accessToken.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let end = expiry.map({ Date(timeIntervalSince1970: Double($0)) }) ?? localEnd, end > now
        else { return nil }
        return AccessToken(
            secret: SensitiveBytes(copying: accessToken.utf8),
            expiresAt: end,
            renewAt: TokenAnswer.renewal(now: now, expiry: end, refreshIn: nil)
        )
    }

    private var localEnd: Date? {
        guard let text = localExpiry else { return nil }
        let numbers = text.split { !$0.isASCII || !$0.isNumber }.compactMap { Int($0) }
        guard numbers.count >= 6 else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .current
        return calendar.date(
            from: DateComponents(
                year: numbers[0],
                month: numbers[1],
                day: numbers[2],
                hour: numbers[3],
                minute: numbers[4],
                second: numbers[5]
            )
        )
    }
}
