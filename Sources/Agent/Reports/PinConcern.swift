import Foundation

/// What a pin does that the validity of the version that it holds does not allow for.
package enum PinConcern: Sendable, Equatable {
    /// It holds what clients refuse.
    case expired(Date)

    /// Renewals would come too late: it ends, where it has an end, after the validity does.
    case outlives(notAfter: Date, until: Date?)

    /// - Parameters:
    ///   - until: When the pin ends by itself.
    ///   - notAfter: When the validity of the version that it holds ends.
    ///   - now: The time to judge by.
    ///   - endless: How long a pin without an end is taken to last from now on. Every such pin
    ///     outlives its certificate in the end, and whoever has set one must not be warned for
    ///     months.
    init?(until: Date?, notAfter: Date, now: Date, endless: TimeInterval) {
        if notAfter <= now {
            self = .expired(notAfter)
        } else if until ?? now.addingTimeInterval(endless) > notAfter {
            self = .outlives(notAfter: notAfter, until: until)
        } else {
            return nil
        }
    }

    /// In words, to follow those of the pin.
    var words: String {
        switch self {
        case .expired(let notAfter):
            "what it holds expired on \(notAfter.formatted(.rfc3339))"
        case .outlives(let notAfter, let until):
            (until.map { "until \($0.formatted(.rfc3339))" } ?? "without an end")
                + ", past its expiry on \(notAfter.formatted(.rfc3339))"
        }
    }
}

extension CertificateStatus {
    /// What is to be said against the pin that holds the live version; nil where nothing is.
    func pinConcern(_ thresholds: HealthThresholds, now: Date) -> PinConcern? {
        guard let pin, pin.holds(at: now), pin.version == current?.version,
            let notAfter = current?.notAfter
        else { return nil }
        return PinConcern(
            until: pin.until,
            notAfter: notAfter,
            now: now,
            endless: thresholds.pinAge
        )
    }
}
