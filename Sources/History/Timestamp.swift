import Foundation

/// A moment as the database keeps it: RFC 3339, UTC, milliseconds, always 24 characters.
///
/// Written out here and not by a formatter: the text is compared byte by byte in SQL, so its
/// form must not depend on a locale, a library or a year of five digits.
enum Timestamp {
    /// The text of `date`, rounded to the millisecond.
    ///
    /// What lies outside the years 0 to 9999, where RFC 3339 ends, becomes the nearest end of
    /// them: it still sorts right.
    static func text(_ date: Date) -> String {
        let milliseconds = milliseconds(date)
        let day = floorDivide(milliseconds, millisecondsPerDay)
        let time = milliseconds - day * millisecondsPerDay
        let (year, month, dayOfMonth) = civil(day: day)
        var bytes = [UInt8](repeating: 0, count: length)
        for (place, separator) in separators { bytes[place] = separator }
        write(year, to: 0..<4, of: &bytes)
        write(month, to: 5..<7, of: &bytes)
        write(dayOfMonth, to: 8..<10, of: &bytes)
        write(time / 3_600_000, to: 11..<13, of: &bytes)
        write(time / 60_000 % 60, to: 14..<16, of: &bytes)
        write(time / 1000 % 60, to: 17..<19, of: &bytes)
        write(time % 1000, to: 20..<23, of: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The moment that `text` names; nil unless it is just what `text(_:)` writes.
    static func date(_ text: String) -> Date? {
        let bytes = text.utf8.span
        guard bytes.count == length,
            let year = number(bytes, 0..<4), let month = number(bytes, 5..<7),
            let dayOfMonth = number(bytes, 8..<10),
            let hour = number(bytes, 11..<13), hour < 24,
            let minute = number(bytes, 14..<16), minute < 60,
            let second = number(bytes, 17..<19), second < 60,
            let fraction = number(bytes, 20..<23)
        else { return nil }
        for (place, separator) in separators where bytes[place] != separator { return nil }
        let day = day(year, month, dayOfMonth)
        // A thirtieth of February comes out as another day.
        guard civil(day: day) == (year, month, dayOfMonth) else { return nil }
        let time = ((hour * 60 + minute) * 60 + second) * 1000 + fraction
        return Date(timeIntervalSince1970: Double(day * millisecondsPerDay + time) / 1000)
    }

    private static let length = 24

    /// What stands between the numbers, and where.
    private static let separators: [(Int, UInt8)] = [
        (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")),
        (13, UInt8(ascii: ":")), (16, UInt8(ascii: ":")), (19, UInt8(ascii: ".")),
        (23, UInt8(ascii: "Z")),
    ]

    private static let millisecondsPerDay: Int64 = 86_400_000

    /// Since 1970, within the years that fit; a date that is no number counts as the first.
    private static func milliseconds(_ date: Date) -> Int64 {
        let first = day(0, 1, 1) * millisecondsPerDay
        let last = day(10_000, 1, 1) * millisecondsPerDay - 1
        let value = (date.timeIntervalSince1970 * 1000).rounded()
        guard value > Double(first) else { return first }
        guard value < Double(last) else { return last }
        return Int64(value)
    }

    /// Days since 1970-01-01 of a day in the Gregorian calendar.
    ///
    /// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`: years
    /// begin in March, so that the leap day is the last; an era is the 400 years after which the
    /// calendar repeats.
    private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = floorDivide(year, 400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// The reverse of `day(_:_:_:)`, `civil_from_days` of the same source.
    private static func civil(day: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let day = day + 719_468
        let era = floorDivide(day, 146_097)
        let dayOfEra = day - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            yearOfEra + era * 400 + (month >= 10 ? 1 : 0),
            month < 10 ? month + 3 : month - 9,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
        (a - (a % b + b) % b) / b
    }

    /// Writes the number's digits, with zeros before them.
    private static func write(_ number: Int64, to places: Range<Int>, of bytes: inout [UInt8]) {
        var rest = number
        for place in places.reversed() {
            bytes[place] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ places: Range<Int>) -> Int64? {
        var number: Int64 = 0
        for place in places {
            let digit = bytes[place]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return number
    }
}
