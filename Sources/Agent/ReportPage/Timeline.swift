import Foundation
import History

/// The life of a certificate as a picture: a lane for each version, time from left to right.
///
/// Places are fractions of the width, 0 to 1, so that the picture fits any screen.
struct Timeline: Sendable, Equatable {
    /// One version, newest first.
    struct Lane: Sendable, Equatable {
        var version: String
        /// Where its validity lies; nil where it isn't known.
        var validity: ClosedRange<Double>?
        /// Where it was live.
        var live: [ClosedRange<Double>]
        /// Where a pin held it.
        var pinned: [ClosedRange<Double>]
        var marks: [Mark]
    }

    /// Something that happened to a version.
    struct Mark: Sendable, Equatable {
        var at: Double
        var event: TimelineEvent
        var date: Date
    }

    /// A line of the time axis.
    struct Tick: Sendable, Equatable {
        var at: Double
        var label: String
    }

    var lanes: [Lane]
    /// How many more versions there are, older ones.
    var olderVersions: Int
    var ticks: [Tick]
    var now: Double
    var range: Range<Date>
}

/// What happens to a version, as the timeline tells it apart.
enum TimelineEvent: String, Sendable, CaseIterable {
    case deployed, rollback, held, rejected, rolledBack, failed, interrupted

    /// Nil for what is no event of a certificate's life: a row under way, a secret that is none.
    init?(_ deployment: Deployment) {
        switch deployment.outcome {
        case .deployed: self = deployment.trigger == .rollback ? .rollback : .deployed
        case .held: self = .held
        case .rejected: self = .rejected
        case .rolledBack: self = .rolledBack
        case .failed: self = .failed
        case .interrupted: self = .interrupted
        case .ignored, nil: return nil
        }
    }

    /// In the legend.
    var words: String {
        switch self {
        case .deployed: "deployed"
        case .rollback: "rolled back to"
        case .held: "held"
        case .rejected: "rejected"
        case .rolledBack: "taken back"
        case .failed: "failed"
        case .interrupted: "interrupted"
        }
    }
}

/// What a timeline is drawn from.
struct TimelineSubject: Sendable {
    /// Newest first.
    var versions: [VersionRecord]
    /// How many more are on record.
    var olderVersions: Int
    /// Oldest first.
    var deployments: [Deployment]
    var periods: [LivePeriod]
    var pins: [PastPin]
}

extension Timeline {
    /// More lanes than that nobody takes in.
    static let lanesShown = 8

    /// More marks than that, of one version, lie on top of each other.
    static let marksShown = 24

    /// So much of what was before the first event and will be after now is shown at least, where
    /// there is so much: a validity of ten years, or until the year 9999, must not press all that
    /// has happened into one line.
    private static let margin: TimeInterval = 400 * 86_400

    /// - Returns: Nil where nothing has happened.
    init?(_ subject: TimelineSubject, clock: PageClock) {
        // A version that could not be fetched has no record and happened all the same.
        let recorded = Set(subject.versions.map(\.version))
        var seen: Set<String> = []
        let unrecorded = subject.deployments.reversed().map(\.version).filter {
            !recorded.contains($0) && seen.insert($0).inserted
        }
        let live = subject.periods.last { $0.until == nil }?.version
        let newest = Self.order(unrecorded + subject.versions.map(\.version), subject)
        var shown = Array(newest.prefix(Self.lanesShown))
        // The live version has its lane however old it is.
        if let live, !shown.contains(live), newest.contains(live) { shown[shown.count - 1] = live }
        guard !shown.isEmpty else { return nil }
        let drawn = Set(shown)
        let records = subject.versions.filter { drawn.contains($0.version) }
        let events = subject.deployments.filter { drawn.contains($0.version) }
        let scale = Scale(
            Self.range(
                moments: events.map(\.startedAt) + records.map(\.fetchedAt),
                validities: records.flatMap { [$0.notBefore, $0.notAfter].compactMap(\.self) },
                now: clock.now
            )
        )
        lanes = shown.map { version in
            let record = records.first { $0.version == version }
            return Lane(
                version: version,
                validity: record.flatMap { scale.range($0.notBefore, $0.notAfter) },
                live: subject.periods.filter { $0.version == version }.compactMap {
                    scale.range($0.from ?? .distantPast, $0.until ?? clock.now)
                },
                pinned: subject.pins.filter { $0.pin.version == version }.compactMap {
                    scale.range($0.pin.at, $0.end(now: clock.now))
                },
                marks: events.filter { $0.version == version }.suffix(Self.marksShown)
                    .compactMap { deployment in
                        TimelineEvent(deployment).map {
                            let date = deployment.finishedAt ?? deployment.startedAt
                            return Mark(at: scale.place(date), event: $0, date: date)
                        }
                    }
            )
        }
        olderVersions = newest.count - shown.count + subject.olderVersions
        now = scale.place(clock.now)
        range = scale.range
        ticks = TimelineAxis.ticks(scale.range, timeZone: clock.timeZone).map {
            Tick(at: scale.place($0.date), label: $0.label)
        }
    }

    /// By the last that is known of each, newest first.
    private static func order(_ versions: [String], _ subject: TimelineSubject) -> [String] {
        var last: [String: Date] = [:]
        for record in subject.versions { last[record.version] = record.fetchedAt }
        // The first that was tried with one that was never fetched.
        for deployment in subject.deployments where last[deployment.version] == nil {
            last[deployment.version] = deployment.startedAt
        }
        return versions.enumerated().sorted { left, right in
            let dates = [left, right].map { last[$0.element] ?? .distantPast }
            return dates[0] == dates[1] ? left.offset < right.offset : dates[0] > dates[1]
        }.map(\.element)
    }

    private static func range(
        moments: [Date],
        validities: [Date],
        now: Date
    ) -> Range<Date> {
        let all = moments + validities + [now]
        let first = (moments + [now]).min() ?? now
        let earliest = max(all.min() ?? now, first.addingTimeInterval(-margin))
        let span = max(margin, now.timeIntervalSince(first))
        let latest = min(all.max() ?? now, now.addingTimeInterval(span))
        // Room for the last mark, and for a picture at all where everything is one moment.
        return earliest..<max(latest, earliest.addingTimeInterval(60))
    }

    /// Dates to fractions; what lies outside comes to the edge.
    private struct Scale {
        let range: Range<Date>

        init(_ range: Range<Date>) {
            self.range = range
        }

        func place(_ date: Date) -> Double {
            let width = range.upperBound.timeIntervalSince(range.lowerBound)
            return min(1, max(0, date.timeIntervalSince(range.lowerBound) / width))
        }

        /// Nil where an end isn't known or none of it can be seen.
        func range(_ from: Date?, _ until: Date?) -> ClosedRange<Double>? {
            guard let from, let until, from <= until, from < range.upperBound,
                until >= range.lowerBound
            else { return nil }
            return place(from)...place(until)
        }
    }
}

extension PastPin {
    /// When it stopped holding; `now` where it still does.
    func end(now: Date) -> Date {
        max(pin.at, [removedAt, pin.until, now].compactMap(\.self).min() ?? now)
    }
}
