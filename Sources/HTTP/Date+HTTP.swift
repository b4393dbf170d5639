import Foundation

extension Date {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`, the form in which RFC 9110 (section 5.6.7) has dates
    /// written; the two obsolete ones are left alone.
    package init?(httpDate text: String) {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = Self.months.firstIndex(of: words[2])
        else { return nil }
        let time = words[4].split(separator: ":").compactMap { UInt8($0) }.map(Int.init)
        guard time.count == 3, let day = UInt8(words[1]), let year = UInt16(words[3]) else {
            return nil
        }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            year: Int(year),
            month: month + 1,
            day: Int(day),
            hour: time[0],
            minute: time[1],
            second: time[2]
        )
        guard let date = calendar.date(from: components) else { return nil }
        self = date
    }

    private static let months: [Substring] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
