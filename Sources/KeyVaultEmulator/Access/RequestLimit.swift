/// How many requests a vault takes before it throttles.
///
/// Microsoft, "Azure Key Vault service limits": 4,000 reads in 10 seconds for each vault.
package struct RequestLimit: Sendable, Codable, Hashable {
    /// How many within `seconds`.
    package var requests: Int
    package var seconds: Double
    /// What a 429 says in `Retry-After`; nil for none, as Key Vault has been seen.
    package var retryAfterSeconds: Int?

    package init(requests: Int, seconds: Double = 10, retryAfterSeconds: Int? = nil) {
        self.requests = requests
        self.seconds = seconds
        self.retryAfterSeconds = retryAfterSeconds
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        requests = try values.decode(Int.self, forKey: .requests)
        seconds = try values.decodeIfPresent(Double.self, forKey: .seconds) ?? 10
        retryAfterSeconds = try values.decodeIfPresent(Int.self, forKey: .retryAfterSeconds)
    }
}
