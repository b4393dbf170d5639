import Foundation

/// Where a time axis has its lines, and what stands at them.
enum TimelineAxis {
    /// More labels than that would touch each other on a telephone.
    private static let most = 5

    /// The steps from which the finest that isn't too fine is taken.
    private static let steps: [(component: Calendar.Component, count: Int, kind: LabelKind)] =
        [
            (.minute, 1, .time), (.minute, 5, .time), (.minute, 15, .time), (.hour, 1, .time),
            (.hour, 6, .time), (.day, 1, .day), (.day, 7, .day), (.month, 1, .month),
            (.month, 3, .month), (.month, 6, .month), (.year, 1, .year), (.year, 2, .year),
            (.year, 5, .year), (.year, 10, .year), (.year, 50, .year), (.year, 500, .year),
        ]

    private enum LabelKind {
        case time, day, month, year
    }

    /// The whole hours, days, months or years within a range, five at most.
    static func ticks(
        _ range: Range<Date>,
        timeZone: TimeZone
    ) -> [(date: Date, label: String)] {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = timeZone
        let width = range.upperBound.timeIntervalSince(range.lowerBound)
        let step =
            steps.first { width / (seconds($0.component) * Double($0.count)) <= Double(most) }
            ?? steps[steps.count - 1]
        guard var date = start(range.lowerBound, step.component, step.count, calendar) else {
            return []
        }
        var ticks: [(Date, String)] = []
        while date < range.upperBound, ticks.count < most {
            if date >= range.lowerBound {
                ticks.append((date, label(date, step.kind, calendar)))
            }
            guard let next = calendar.date(byAdding: step.component, value: step.count, to: date),
                next > date
            else { break }
            date = next
        }
        return ticks
    }

    /// The last whole step at or before a date.
    private static func start(
        _ date: Date,
        _ component: Calendar.Component,
        _ count: Int,
        _ calendar: Calendar
    ) -> Date? {
        var parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func floor(_ value: Int?, _ first: Int) -> Int {
            let value = (value ?? first) - first
            return value / count * count + first
        }
        switch component {
        case .minute: parts.minute = floor(parts.minute, 0)
        case .hour:
            parts.hour = floor(parts.hour, 0)
            parts.minute = 0
        case .day:
            parts.hour = 0
            parts.minute = 0
        case .month:
            parts.month = floor(parts.month, 1)
            (parts.day, parts.hour, parts.minute) = (1, 0, 0)
        default:
            parts.year = floor(parts.year, 0)
            (parts.month, parts.day, parts.hour, parts.minute) = (1, 1, 0, 0)
        }
        return calendar.date(from: parts)
    }

    /// Of a month or a year, the shortest.
    private static func seconds(_ component: Calendar.Component) -> TimeInterval {
        switch component {
        case .minute: 60
        case .hour: 3600
        case .day: 86_400
        case .month: 28 * 86_400
        default: 365 * 86_400
        }
    }

    private static func label(_ date: Date, _ kind: LabelKind, _ calendar: Calendar) -> String {
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute], from: date)
        func two(_ number: Int?) -> String {
            let digits = String(number ?? 0)
            return digits.count < 2 ? "0" + digits : digits
        }
        let year = String(parts.year ?? 0)
        return switch kind {
        case .time: "\(two(parts.hour)):\(two(parts.minute))"
        case .day: "\(two(parts.month))-\(two(parts.day))"
        case .month: "\(year)-\(two(parts.month))"
        case .year: year
        }
    }
}
