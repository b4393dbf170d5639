import Foundation
import Testing

@testable import History

@Suite("Moments as text")
struct TimestampTests {
    @Test(
        "A moment is RFC 3339 in UTC with milliseconds, and comes back from it",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_795_504_800.123, "2026-11-24T07:20:00.123Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199.999, "2024-02-29T23:59:59.999Z"),
            (-1, "1969-12-31T23:59:59.000Z"),
            (-2_203_891_200.5, "1900-02-28T23:59:59.500Z"),
            (253_402_300_799, "9999-12-31T23:59:59.000Z"),
            (-62_167_219_200, "0000-01-01T00:00:00.000Z"),
        ] as [(Double, String)]
    )
    func roundTrip(seconds: Double, text: String) {
        #expect(Timestamp.text(Date(timeIntervalSince1970: seconds)) == text)
        #expect(Timestamp.date(text) == Date(timeIntervalSince1970: seconds))
    }

    @Test("It is what Foundation writes, on every kind of day")
    func agreesWithFoundation() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        // From 1586: before 1582, Foundation's calendar is Julian, and RFC 3339's is not.
        for day in stride(from: -140_000, through: 200_000, by: 97) {
            let date = Date(timeIntervalSince1970: Double(day) * 86_400 + 45_296.5)
            #expect(Timestamp.text(date) == date.formatted(style))
        }
    }

    @Test("What is finer than a millisecond is rounded")
    func rounded() {
        let date = Date(timeIntervalSince1970: 1.999_6)
        #expect(Timestamp.text(date) == "1970-01-01T00:00:02.000Z")
    }

    @Test("Text sorts as moments do, those outside of RFC 3339 too")
    func sorts() {
        let dates: [Date] = [
            Date(timeIntervalSince1970: -.infinity), Date(timeIntervalSince1970: -1e12),
            .distantPast, Date(timeIntervalSince1970: -0.001), Date(timeIntervalSince1970: 0),
            time(0), time(0.001), time(1), .distantFuture, Date(timeIntervalSince1970: 1e12),
            Date(timeIntervalSince1970: .infinity),
        ]
        let texts = dates.map(Timestamp.text)
        #expect(texts == texts.sorted())
        #expect(texts.allSatisfy { $0.utf8.count == 24 })
        #expect(Timestamp.text(Date(timeIntervalSince1970: .nan)) == texts.first)
    }

    @Test(
        "What this program never writes does not read as a moment",
        arguments: [
            "", "soon", "2026-11-24", "2026-11-24T07:20:00Z", "2026-11-24T07:20:00.123+00:00",
            "2026-11-24 07:20:00.123Z", "2026-11-24t07:20:00.123z", "2026-02-30T00:00:00.000Z",
            "2026-13-01T00:00:00.000Z", "2026-01-01T24:00:00.000Z", "2026-01-01T00:60:00.000Z",
            "2026-01-01T00:00:60.000Z", "+026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.0é0",
            "2026-00-01T00:00:00.000Z", "2026-01-00T00:00:00.000Z",
        ]
    )
    func refused(text: String) {
        #expect(Timestamp.date(text) == nil)
    }
}
