import Foundation

/// When to look at a certificate again.
package enum Schedule {
    /// The delay before the second try after a failure; it doubles up to the polling interval.
    ///
    /// | failures | delay | elapsed |
    /// |---|---|---|
    /// | 1 | 30 s | 30 s |
    /// | 2 | 1 min | 1.5 min |
    /// | 3 | 2 min | 3.5 min |
    /// | 4 | 4 min | 7.5 min |
    /// | 5 | 8 min | 15.5 min |
    /// | 6 | 16 min | 31.5 min |
    /// | 7 | 32 min | 63.5 min, past the default interval of 60 min |
    package static let firstRetry: TimeInterval = 30

    /// A tenth, so that hosts that were started together drift apart within a few polls.
    package static let jitterShare = 0.1

    /// The time of the next poll.
    ///
    /// - Parameters:
    ///   - now: When the last poll was.
    ///   - interval: The time between two polls that succeed.
    ///   - failures: How many polls in a row have failed, 0 after a success.
    ///   - jitter: A random number from 0 to 1.
    /// - Returns: A time within the interval from `now`.
    package static func nextPoll(
        after now: Date,
        interval: Duration,
        failures: Int,
        jitter: Double
    ) -> Date {
        let interval = interval.inSeconds
        let delay =
            failures == 0
            ? interval : min(interval, firstRetry * pow(2, Double(min(failures, 20) - 1)))
        // Only ever earlier: "within the interval" is what an operator reads in the settings.
        return now.addingTimeInterval(delay * (1 - jitterShare * jitter))
    }
}

extension Duration {
    /// The length in seconds, for Foundation's dates.
    package var inSeconds: TimeInterval {
        TimeInterval(components.seconds) + TimeInterval(components.attoseconds) / 1e18
    }
}
