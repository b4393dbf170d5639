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

    /// By which share of it a retry may come earlier, by chance.
    ///
    /// Hosts that failed together must not return together: a vault that answers 429 is drained
    /// only by those who come while it has room. With a tenth, a fleet in simulation came in bursts
    /// and the vault was idle between them.
    package static let jitterShare = 0.5

    /// The share of the interval over which the first polls after a start are spread.
    package static let startShare = 0.1

    /// A poll so shortly before its time was the one that was meant: a pass takes along what is
    /// due within a second.
    static let earliness: TimeInterval = 1.5

    /// The time of the next poll.
    ///
    /// After a success it is the host's own point of the next interval, not the interval from
    /// now: hosts that were all held up by one outage fall back into their places.
    ///
    /// - Parameters:
    ///   - now: When the last poll was.
    ///   - interval: The time between two polls that succeed.
    ///   - failures: How many polls in a row have failed, 0 after a success.
    ///   - phase: The host's point of the interval, from 0 to less than 1.
    ///   - jitter: A random number from 0 to 1.
    /// - Returns: A time within the interval from `now`, or up to ``earliness`` later.
    package static func nextPoll(
        after now: Date,
        interval: Duration,
        failures: Int,
        phase: Double,
        jitter: Double
    ) -> Date {
        guard failures == 0 else {
            return retry(after: now, interval: interval, failures: failures, jitter: jitter)
        }
        let interval = interval.inSeconds
        let earliest = now.timeIntervalSince1970 + min(earliness, interval / 10)
        let turn = (earliest / interval - phase).rounded(.down) + 1
        return Date(timeIntervalSince1970: (turn + phase) * interval)
    }

    /// How long after a start the first poll of what is in order waits.
    ///
    /// - Parameters:
    ///   - interval: The time between two polls that succeed.
    ///   - start: The certificate's point of the time for first polls, from 0 to less than 1.
    /// - Returns: Less than ``startShare`` of the interval.
    package static func firstDelay(interval: Duration, start: Double) -> Duration {
        interval * (startShare * start)
    }

    /// The time of the next try after `failures` in a row.
    ///
    /// - Returns: A time within the interval from `now`.
    package static func retry(
        after now: Date,
        interval: Duration,
        failures: Int,
        jitter: Double
    ) -> Date {
        let delay = min(interval.inSeconds, firstRetry * pow(2, Double(min(failures, 20) - 1)))
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
