import Foundation

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
        guard let date = httpDate(value) else { return nil }
        return .seconds(Int64(max(0, date.timeIntervalSince(now)).rounded(.up)))
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the form in which RFC 9110 (section 5.6.7) has dates
    /// written; the two obsolete ones are left alone.
    private static func httpDate(_ text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: words[2])
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { UInt8($0) }.map(Int.init)
        guard time.count == 3, let day = UInt8(words[1]), let year = UInt16(words[3]) else {
            return nil
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            year: Int(year),
            month: month + 1,
            day: Int(day),
            hour: time[0],
            minute: time[1],
            second: time[2]
        )
        return calendar.date(from: components)
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
