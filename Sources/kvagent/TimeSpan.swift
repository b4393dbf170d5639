import ArgumentParser
import Foundation

/// A time as an option takes it: `90s`, `30m`, `12h`, `21d`.
struct TimeSpan: ExpressibleByArgument {
    let seconds: TimeInterval

    private let text: String

    private static let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    /// A century: more is a slip of the finger.
    private static let longest = 36_500 * 86_400

    init?(argument: String) {
        guard let unit = argument.last.flatMap({ Self.units[$0] }),
            let number = Int(argument.dropLast()), (0...Self.longest / unit).contains(number)
        else { return nil }
        seconds = TimeInterval(number * unit)
        text = argument
    }

    private init(days: Int) {
        seconds = TimeInterval(days * 86_400)
        text = "\(days)d"
    }

    static func days(_ number: Int) -> TimeSpan { TimeSpan(days: number) }

    var defaultValueDescription: String { text }
}
