import Foundation
import HTTP

/// When a vault is asked again within one pass.
///
/// Microsoft, "Azure Key Vault throttling guidance": wait 1, 2, 4, 8 and 16 s, and don't count on
/// `Retry-After`. Where it comes, it can only make a wait longer. Every wait is up to half as long
/// again, by chance.
///
/// | try | after a wait of | elapsed | with the longest waits |
/// |---|---|---|---|
/// | 1 | | 0 s | 0 s |
/// | 2 | 1 s | 1 s | 1.5 s |
/// | 3 | 2 s | 3 s | 4.5 s |
/// | 4 | 4 s | 7 s | 10.5 s, a command's last |
/// | 5 | 8 s | 15 s | 22.5 s |
/// | 6 | 16 s | 31 s | 46.5 s, the daemon's last |
///
/// Where no answer comes at all there are three tries: Microsoft's advice is for a vault that is
/// there, and each try may last 30 s.
package struct RetryPolicy: Sendable, Hashable {
    /// The wait before each retry, so one try more than there are waits.
    package var delays: [Duration]
    /// By how much a wait may be longer, so that agents that failed together don't return together.
    package var jitter: Double
    /// The longest `Retry-After` that is waited for within a pass.
    package var longestRetryAfter: Duration
    /// How long after a pass's first failure at a vault no more failures of it are retried.
    package var patience: Duration

    package init(
        delays: [Duration],
        jitter: Double,
        longestRetryAfter: Duration,
        patience: Duration = .seconds(60)
    ) {
        self.delays = delays
        self.jitter = jitter
        self.longestRetryAfter = longestRetryAfter
        self.patience = patience
    }

    /// One try.
    package static let none = RetryPolicy(delays: [], jitter: 0, longestRetryAfter: .zero)

    /// The daemon's.
    package static let standard = RetryPolicy(
        delays: [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16)],
        jitter: 0.5,
        longestRetryAfter: .seconds(30)
    )

    /// A command's: somebody waits for it, and may call it again.
    package static let brief = RetryPolicy(
        delays: Array(standard.delays.prefix(3)),
        jitter: 0.5,
        longestRetryAfter: .seconds(5),
        patience: .seconds(15)
    )

    /// A `Retry-After` beyond this is a mistake: Key Vault counts requests by the 10 s.
    static let longestPause: Duration = .seconds(3600)

    /// How many retries there are where no answer comes.
    static let retriesWithoutAnswer = 2

    /// How long to wait for the next try.
    ///
    /// - Parameters:
    ///   - failures: how many tries have failed, the last one included.
    ///   - retryAfter: what the server asked for.
    ///   - hasAnswer: whether the server gave an answer at all.
    ///   - chance: a random number from 0 to 1.
    /// - Returns: the wait, or nil when the pass should go on without.
    func delay(
        failures: Int,
        retryAfter: Duration?,
        hasAnswer: Bool = true,
        chance: Double
    ) -> Duration? {
        guard failures <= delays.count, hasAnswer || failures <= Self.retriesWithoutAnswer
        else { return nil }
        guard retryAfter.map({ $0 <= longestRetryAfter }) ?? true else { return nil }
        // Whoever is refused again waits longer, whatever the vault says: it tells the same to a
        // whole fleet, which otherwise would return as one, again and again.
        return max(retryAfter ?? .zero, delays[failures - 1]) * (1 + jitter * chance)
    }

    /// Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
    static func retryAfter(_ value: String?, now: Date) -> Duration? {
        guard let value, value.utf8.count < 64 else { return nil }
        if let seconds = UInt32(value) { return .seconds(Int64(seconds)) }
        // Neither form: as if it had not been there.
        guard let date = Date(httpDate: value) else { return nil }
        return .seconds(Int64(max(0, date.timeIntervalSince(now)).rounded(.up)))
    }
}
