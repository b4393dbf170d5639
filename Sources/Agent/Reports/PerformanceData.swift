import Foundation

/// One figure for a monitoring system to draw: `label=value[unit];warning;critical`.
///
/// Monitoring Plugins Development Guidelines, "Performance data" and "Threshold and Ranges".
package struct PerformanceDatum: Sendable, Encodable {
    package var label: String

    /// Whole; null when it isn't known.
    @OrNull package var value: Int?

    /// `s` for seconds; empty for a number of things.
    package var unit: String

    /// The range outside of which the figure is a warning: `7:` is less than 7, `7` more than 7.
    @OrNull package var warning: String?
    @OrNull package var critical: String?

    init(
        _ label: String,
        _ value: Int?,
        unit: String = "",
        warning: String? = nil,
        critical: String? = nil
    ) {
        self.label = label
        self.unit = unit
        _value = OrNull(wrappedValue: value)
        _warning = OrNull(wrappedValue: warning)
        _critical = OrNull(wrappedValue: critical)
    }

    /// As a plugin prints it; names of certificates hold nothing that would have to be quoted.
    package var text: String {
        guard let value else { return "\(label)=U" }
        // Semicolons at the end may be left out.
        let limits = critical.map { ";\(warning ?? "");\($0)" } ?? warning.map { ";\($0)" } ?? ""
        return "\(label)=\(value)\(unit)\(limits)"
    }
}

extension StatusReport {
    /// The totals, then each certificate's: what cuts a long line cuts the end.
    package func performanceData(
        _ thresholds: HealthThresholds,
        now: Date
    ) -> [PerformanceDatum] {
        let ages = certificates.compactMap(\.lastSuccessfulPoll).map { now.timeIntervalSince($0) }
        let totals = [
            PerformanceDatum("certificates", certificates.count),
            PerformanceDatum(
                "poll_failures",
                certificates.map(\.consecutiveFailures).max() ?? 0,
                warning: "\(thresholds.failures - 1)"
            ),
            PerformanceDatum("poll_age", ages.max().map { Int($0) }, unit: "s"),
            PerformanceDatum(
                "owed_hooks",
                certificates.map(\.owedHooks.count).reduce(0, +),
                warning: "0"
            ),
            PerformanceDatum(
                "pins",
                certificates.count { $0.pin?.holds(at: now) == true }
            ),
        ]
        return totals
            + certificates.map { certificate in
                PerformanceDatum(
                    "\(certificate.name)_expires_in",
                    certificate.current?.notAfter.map { Int($0.timeIntervalSince(now)) },
                    unit: "s",
                    warning: "\(Int(thresholds.expiryWarning)):",
                    critical: "\(Int(thresholds.expiryCritical)):"
                )
            }
    }
}
