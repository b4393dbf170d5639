import Agent
import Foundation
import Glibc

/// Columns for people; the last one is cut where the terminal ends.
struct Table {
    private let header: [String]
    private var rows: [[String]] = []

    init(_ header: String...) {
        self.header = header
    }

    mutating func add(_ row: String...) {
        rows.append(row)
    }

    /// The lines, with no blanks at their ends.
    func text(width: Int? = Terminal.width) -> String {
        let all = [header] + rows
        let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let line = zip(row, widths)
                .map { $0.padding(toLength: $1, withPad: " ", startingAt: 0) }
                .joined(separator: "  ")
            let trimmed = String(line.reversed().drop { $0 == " " }.reversed())
            guard let width, trimmed.count > width else { return trimmed }
            return trimmed.prefix(width - 1) + "…"
        }.joined(separator: "\n")
    }
}

/// What is known of the terminal that standard output goes to.
enum Terminal {
    /// Its columns; nil when it isn't one, and then nothing is cut.
    static var width: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 20 else {
            return nil
        }
        return Int(size.ws_col)
    }
}

extension String {
    /// A version as tables show it: enough to tell versions apart and to give to `--to`.
    var shortVersion: String { String(prefix(8)) }
}

extension Date {
    /// Local time, for people.
    var local: String {
        formatted(
            .verbatim(
                "\(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
                locale: Locale(identifier: "en_US_POSIX"),
                timeZone: .current,
                calendar: Calendar(identifier: .gregorian)
            )
        )
    }

    /// How far away a date is, in the largest unit that fits: `89 days`, `3 h`, `expired`.
    func remaining(from now: Date = Date()) -> String {
        let seconds = timeIntervalSince(now)
        return seconds < 0 ? "expired" : seconds.inWords
    }
}
