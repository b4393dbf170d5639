import Foundation
import HTTP

/// When a vault is asked again within one pass.
///
/// Microsoft, "Azure Key Vault throttling guidance": wait 1, 2, 4 s, … and don't count on
/// `Retry-After`. Two retries here, after about 1 and 3 s; the next pass is the third.
package struct RetryPolicy: Sendable, Hashable {
    /// The wait before each retry, so one try more than there are waits.
    package var delays: [Duration]
    /// By how much a wait may be longer, so that agents that failed together don't return together.
    package var jitter: Double
    /// The longest `Retry-After` that is waited for within a pass.
    package var longestRetryAfter: Duration

    package init(delays: [Duration], jitter: Double, longestRetryAfter: Duration) {
        self.delays = delays
        self.jitter = jitter
        self.longestRetryAfter = longestRetryAfter
    }

    /// One try.
    package static let none = RetryPolicy(delays: [], jitter: 0, longestRetryAfter: .zero)

    package static let standard = RetryPolicy(
        delays: [.seconds(1), .seconds(2)],
        jitter: 0.5,
        longestRetryAfter: .seconds(30)
    )

    /// How long to wait for the next try.
    ///
    /// - Parameters:
    ///   - failures: how many tries have failed, the last one included.
    ///   - retryAfter: what the server asked for.
    ///   - chance: a random number from 0 to 1.
    /// - Returns: the wait, or nil when the pass should go on without this vault.
    func delay(failures: Int, retryAfter: Duration?, chance: Double) -> Duration? {
        guard failures <= delays.count else { return nil }
        if let retryAfter {
            guard retryAfter <= longestRetryAfter else { return nil }
            return max(retryAfter, .zero)
        }
        return delays[failures - 1] * (1 + jitter * chance)
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
