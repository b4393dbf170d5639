import Foundation
import KeyVault

/// When what one pass has looked at is looked at again.
///
/// What failed in one pass is tried again in one pass: where the vault is at fault, a single
/// reading then finds out for all whether it is back.
package struct NextPolls: Sendable {
    private let end: Date
    private let phase: Double
    private let jitter: Double

    /// The rule for one pass.
    ///
    /// - Parameters:
    ///   - end: When all vaults had answered or been given up.
    ///   - phase: The host's point of the interval, from 0 to less than 1.
    ///   - jitter: A random number from 0 to 1.
    package init(end: Date, phase: Double, jitter: Double) {
        self.end = end
        self.phase = phase
        self.jitter = jitter
    }

    /// The time of the next poll of one certificate.
    ///
    /// - Parameters:
    ///   - start: When the pass began to look at it.
    ///   - interval: The time between two polls that succeed.
    ///   - failures: How many polls in a row have failed, 0 after a success.
    ///   - pause: For how long the vault wants to be left alone, if it said so.
    /// - Returns: After a success the host's next point, even if the pass has lasted longer; after a
    ///   failure a time after the pass, and not while the vault wants to be left alone, but up to
    ///   half as long again later, or a tenth of the interval if that is less.
    package func date(
        after start: Date,
        interval: Duration,
        failures: Int,
        pause: Duration?
    ) -> Date {
        let date = Schedule.nextPoll(
            // Asking a vault that refuses can take longer than the first wait, which then would be
            // none at all.
            after: failures == 0 ? start : end,
            interval: interval,
            failures: failures,
            phase: phase,
            jitter: jitter
        )
        guard let pause = pause?.inSeconds else { return date }
        // The vault tells everybody the same, and would be asked by a whole fleet at once.
        let spread = min(
            pause * RetryPolicy.standard.jitter,
            interval.inSeconds * Schedule.startShare
        )
        return max(date, end.addingTimeInterval(pause + spread * jitter))
    }
}
