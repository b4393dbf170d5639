import Foundation
import KeyVault

/// When each certificate is looked at again, as one daemon plans it.
///
/// Times are those of the continuous clock: the wall clock may be set back by a year, and polls
/// must not wait for it to catch up.
package struct PollSchedule {
    /// What is planned for one certificate.
    private struct Entry {
        let url: SecretURL
        var due: ContinuousClock.Instant
    }

    /// Certificates that are due within so short a time are asked for in one pass.
    private static let together: Duration = .seconds(1)

    /// With nothing to poll for longer than this, the daemon looks at its plan all the same.
    private static let longestSleep: Duration = .seconds(86_400)

    private var entries: [String: Entry]

    /// All of them at once.
    package init(_ certificates: [ObservedCertificate], now: ContinuousClock.Instant = .now) {
        entries = Dictionary(
            uniqueKeysWithValues: certificates.map { ($0.name, Entry(url: $0.url, due: now)) }
        )
    }

    /// Moves a first poll to later.
    package mutating func delay(
        _ name: String,
        by delay: Duration,
        now: ContinuousClock.Instant = .now
    ) {
        entries[name]?.due = now + delay
    }

    /// The names to poll now, sorted.
    package func due(at now: ContinuousClock.Instant = .now) -> [String] {
        entries.lazy.filter { $0.value.due <= now + Self.together }.map(\.key).sorted()
    }

    /// The time of the next poll.
    package var next: ContinuousClock.Instant {
        entries.values.map(\.due).min() ?? .now + Self.longestSleep
    }

    mutating func makeAllDue(now: ContinuousClock.Instant = .now) {
        for name in entries.keys { entries[name]?.due = now }
    }

    /// Plans the next poll of everything that a pass looked at.
    mutating func note(_ report: PassReport, now: ContinuousClock.Instant = .now) {
        let today = Date()
        for certificate in report.certificates {
            guard let date = certificate.nextPollAt else { continue }
            plan(certificate.name, at: date, now: now, today: today)
        }
    }

    /// Plans the next poll of one certificate.
    ///
    /// - Parameters:
    ///   - name: The certificate.
    ///   - date: When to poll by the wall clock; at once where that is over.
    ///   - now: The time by the continuous clock.
    ///   - today: The same moment by the wall clock.
    package mutating func plan(
        _ name: String,
        at date: Date,
        now: ContinuousClock.Instant,
        today: Date
    ) {
        entries[name]?.due = now + .seconds(max(0, date.timeIntervalSince(today)))
    }

    /// Moves what is due by now to later.
    mutating func postpone(by pause: Duration, now: ContinuousClock.Instant = .now) {
        for name in due(at: now) { entries[name]?.due = now + pause }
    }

    /// Takes over a new list: new ones, and those of another URL, are due at once, gone ones are
    /// forgotten, and the rest keep their time, so that a reload makes no storm of requests.
    mutating func follow(
        _ certificates: [ObservedCertificate],
        now: ContinuousClock.Instant = .now
    ) {
        let latest = certificates.map { certificate in
            let planned = entries[certificate.name].flatMap {
                $0.url == certificate.url ? $0.due : nil
            }
            let due = min(planned ?? now, now + certificate.pollingInterval)
            return (certificate.name, Entry(url: certificate.url, due: due))
        }
        entries = Dictionary(uniqueKeysWithValues: latest)
    }

    /// The time of the next poll by the wall clock, for people.
    var nextDate: Date {
        Date(timeIntervalSinceNow: max(0, ContinuousClock.now.duration(to: next).inSeconds))
    }
}
