import Foundation
import Glibc

/// What `systemctl status` shows of the daemon, in one line:
/// `12 certificates, 1 rejected (web), next poll 12:03`.
struct StatusLine {
    /// More names than these are only counted.
    private static let mostNames = 3

    /// Each certificate's name and state, in the order of the settings.
    var certificates: [(name: String, state: CertificateState)]
    var nextPoll: Date

    /// What is wrong with the daemon as a whole.
    var trouble: String?

    /// The line.
    ///
    /// - Parameters:
    ///   - now: To tell a time of another day.
    ///   - timeZone: Of the times in it.
    /// - Returns: One line, without the `STATUS=`.
    func text(now: Date = Date(), timeZone: TimeZone = .current) -> String {
        var parts = trouble.map { [$0] } ?? []
        let count = certificates.count
        parts.append(count == 1 ? "1 certificate" : "\(count) certificates")
        for state in CertificateState.allCases where state != .current {
            let names = certificates.filter { $0.state == state }.map(\.name)
            guard !names.isEmpty else { continue }
            let shown = names.prefix(Self.mostNames).joined(separator: ", ")
            let more = names.count > Self.mostNames ? ", …" : ""
            parts.append("\(names.count) \(state.rawValue) (\(shown)\(more))")
        }
        parts.append("next poll \(Self.time(nextPoll, now: now, timeZone: timeZone))")
        return parts.joined(separator: ", ")
    }

    /// `12:03`, with the day before it when that isn't today.
    private static func time(_ date: Date, now: Date, timeZone: TimeZone) -> String {
        // Foundation's own formats for people would load all of ICU into the daemon.
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func two(_ number: Int?) -> String { String("0\(number ?? 0)".suffix(2)) }
        let clock = "\(two(parts.hour)):\(two(parts.minute))"
        guard !calendar.isDate(date, inSameDayAs: now) else { return clock }
        return "\(parts.year ?? 0)-\(two(parts.month))-\(two(parts.day)) \(clock)"
    }
}
