import Foundation

/// Names one pass: sortable by time, unique enough for one host.
enum RunID {
    /// A new name, such as `20261124T072000Z-3f9a1c`.
    static func next(at now: Date = Date()) -> String {
        let time = now.formatted(.iso8601.timeSeparator(.omitted).dateSeparator(.omitted))
        let suffix = String(UInt32.random(in: 0..<(1 << 24)), radix: 16)
        return "\(time)-\(String(repeating: "0", count: 6 - suffix.count))\(suffix)"
    }
}
