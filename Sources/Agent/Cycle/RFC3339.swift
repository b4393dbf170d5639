import Foundation

extension FormatStyle where Self == Date.ISO8601FormatStyle {
    /// `2026-11-24T07:20:00Z`: how every date is printed for machines (RFC 3339, UTC, seconds).
    package static var rfc3339: Date.ISO8601FormatStyle { style }
}

/// Made once: its calendar takes longer to make than a date to write.
private let style: Date.ISO8601FormatStyle = .iso8601
