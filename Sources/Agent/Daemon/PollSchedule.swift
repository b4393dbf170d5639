import Foundation

/// When each certificate is looked at again, as one daemon plans it.
struct PollSchedule {
    /// Certificates that are due within so short a time are asked for in one pass.
    private static let together: TimeInterval = 1

    /// With nothing to poll for longer than this, the daemon looks at its plan all the same.
    private static let longestSleep: TimeInterval = 86_400

    private var due: [String: Date]

    /// All of them at once.
    init(_ certificates: [ObservedCertificate], now: Date = Date()) {
        due = Dictionary(uniqueKeysWithValues: certificates.map { ($0.name, now) })
    }

    /// The names to poll now, sorted.
    func due(at now: Date = Date()) -> [String] {
        due.filter { $0.value <= now.addingTimeInterval(Self.together) }.map(\.key).sorted()
    }

    /// The time of the next poll.
    var next: Date {
        due.values.min() ?? Date(timeIntervalSinceNow: Self.longestSleep)
    }

    mutating func makeAllDue(now: Date = Date()) {
        for name in due.keys { due[name] = now }
    }

    /// Plans the next poll of everything that a pass looked at.
    mutating func note(_ report: PassReport) {
        for certificate in report.certificates {
            if let date = certificate.nextPollAt { due[certificate.name] = date }
        }
    }

    /// Moves what is due by now to later.
    mutating func postpone(by pause: Duration, now: Date = Date()) {
        for name in due(at: now) { due[name] = now.addingTimeInterval(pause.inSeconds) }
    }

    /// Takes over a new list: new ones are due at once, gone ones are forgotten, and the rest
    /// keep their time, so that a reload makes no storm of requests.
    mutating func follow(_ certificates: [ObservedCertificate], now: Date = Date()) {
        let latest = certificates.map { certificate in
            let planned = due[certificate.name] ?? now
            return (
                certificate.name,
                min(planned, now.addingTimeInterval(certificate.pollingInterval.inSeconds))
            )
        }
        due = Dictionary(uniqueKeysWithValues: latest)
    }

    /// One line for the service manager.
    var summary: String {
        "\(due.count) certificates, next poll at \(next.formatted(.rfc3339))"
    }
}
