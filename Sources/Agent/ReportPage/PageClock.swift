import Foundation

/// The moment that the page speaks from, and how it writes times.
struct PageClock: Sendable {
    let now: Date
    let timeZone: TimeZone

    private let style: Date.ISO8601FormatStyle

    init(now: Date, timeZone: TimeZone) {
        self.now = now
        self.timeZone = timeZone
        style = Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: timeZone)
            .year().month().day().time(includingFractionalSeconds: false)
    }

    /// `2026-11-24 08:20`, local; the page says once in which zone.
    func local(_ date: Date) -> String {
        String(date.formatted(style).prefix(16))
    }

    /// `2026-11-24`, local.
    func day(_ date: Date) -> String {
        String(date.formatted(style).prefix(10))
    }

    /// A time for people, with the same for machines; a dash where there is none.
    func time(_ date: Date?) -> HTML {
        guard let date else { return HTML(text: "–") }
        return element("time", ["datetime": date.formatted(.rfc3339)]) { local(date) }
    }

    /// As ``time(_:)``, with the day alone.
    func date(_ date: Date?) -> HTML {
        guard let date else { return HTML(text: "–") }
        return element("time", ["datetime": date.formatted(.rfc3339)]) { day(date) }
    }

    /// `in 89 days`, `3 h ago`.
    func distance(_ date: Date) -> String {
        let seconds = date.timeIntervalSince(now)
        return seconds < 0 ? "\((-seconds).inWords) ago" : "in \(seconds.inWords)"
    }

    /// `Europe/Berlin (CET)`.
    var zoneName: String {
        let abbreviation = timeZone.abbreviation(for: now) ?? ""
        return abbreviation.isEmpty || abbreviation == timeZone.identifier
            ? timeZone.identifier : "\(timeZone.identifier) (\(abbreviation))"
    }
}
