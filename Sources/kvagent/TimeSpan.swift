import ArgumentParser
import Foundation

/// A time as an option takes it: `90s`, `30m`, `12h`, `21d`, or a plain number of seconds.
struct TimeSpan: ExpressibleByArgument, CustomStringConvertible {
    let seconds: TimeInterval
    let description: String

    private static let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// A century: more is a slip of the finger.
    private static let longest = 36_500 * 86_400

    init?(argument: String) {
        let unit = argument.last.flatMap { Self.units[$0] }
        guard let number = Int(unit == nil ? argument[...] : argument.dropLast()),
            (0...Self.longest / (unit ?? 1)).contains(number)
        else { return nil }
        seconds = TimeInterval(number * (unit ?? 1))
        description = unit == nil ? "\(argument)s" : argument
    }

    private init(_ seconds: TimeInterval, _ description: String) {
        self.seconds = seconds
        self.description = description
    }

    static func days(_ number: Int) -> TimeSpan {
        TimeSpan(TimeInterval(number * 86_400), "\(number)d")
    }

    static func seconds(_ number: Int) -> TimeSpan {
        TimeSpan(TimeInterval(number), "\(number)s")
    }

    var defaultValueDescription: String { description }
}
