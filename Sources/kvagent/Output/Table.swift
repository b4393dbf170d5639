import Agent
import Foundation

/// Columns for people; the last one is cut where the terminal ends.
struct Table {
    /// What stands in one place of the table.
    struct Cell {
        let text: String
        let style: Style?
        /// How many columns it takes.
        let width: Int

        /// Control characters, which a reason from elsewhere may hold, would tear the table apart
        /// or speak to the terminal.
        init(_ text: String, style: Style? = nil) {
            self.style = style
            // Printable ASCII need not be looked at as characters.
            if text.utf8.allSatisfy({ (0x20..<0x7f).contains($0) }) {
                self.text = text
                width = text.utf8.count
            } else {
                self.text = String(text.map { $0.isControl ? " " : $0 })
                width = self.text.count
            }
        }

        /// Text of this program's own, whose width is known.
        init(_ text: String, width: Int, style: Style) {
            self.text = text
            self.style = style
            self.width = width
        }
    }

    private let header: [Cell]
    private var rows: [[Cell]] = []

    /// Lines beneath a row, by the row's number.
    private var notes: [Int: [String]] = [:]

    init(_ header: String...) {
        self.init(header)
    }

    init(_ header: [String]) {
        self.header = header.map { Cell($0) }
    }

    mutating func add(_ row: String...) {
        rows.append(row.map { Cell($0) })
    }

    mutating func add(cells: [Cell]) {
        rows.append(cells)
    }

    /// Adds a line, as it is, beneath the last row.
    mutating func add(note: String) {
        notes[rows.count, default: []].append(Cell(note).text)
    }

    /// How many columns its longest row takes, blanks at its end included.
    var width: Int { widths.reduce(0, +) + 2 * (widths.count - 1) }

    /// How many the longest cell of each column takes.
    private var widths: [Int] {
        header.indices.map { column in
            rows.reduce(header[column].width) { max($0, $1[column].width) }
        }
    }

    /// The lines, with no blanks at their ends.
    func text(width: Int? = Terminal.width) -> String {
        let all = [header] + rows
        let widths = widths
        return all.enumerated().flatMap { number, row in
            [line(row, widths, width)] + (notes[number] ?? []).map { $0.cut(to: width) }
        }.joined(separator: "\n")
    }

    /// One row; blanks behind its last word are left out, and colours take no room.
    private func line(_ row: [Cell], _ widths: [Int], _ width: Int?) -> String {
        guard let last = row.lastIndex(where: { $0.width > 0 }) else { return "" }
        let length = widths[..<last].reduce(0) { $0 + $1 + 2 } + row[last].width
        if let width, length > width { return cutLine(row, widths, width) }
        var line = ""
        for (index, cell) in row[...last].enumerated() {
            line += cell.style?.applied(to: cell.text[...]) ?? cell.text
            guard index < last else { continue }
            line += String(repeating: " ", count: widths[index] - cell.width + 2)
        }
        while line.utf8.last == UInt8(ascii: " ") { line.removeLast() }
        return line
    }

    /// A row that the terminal has no room for: its beginning.
    private func cutLine(_ row: [Cell], _ widths: [Int], _ width: Int) -> String {
        let padded = zip(row, widths).map {
            $0.text + String(repeating: " ", count: $1 - $0.width)
        }.joined(separator: "  ")
        let plain = padded.cut(to: width)
        guard row.contains(where: { $0.style != nil }) else { return plain }
        var line = ""
        var rest = plain[...]
        for (cell, width) in zip(row, widths) {
            let text = rest.prefix(cell.width)
            line += cell.style?.applied(to: text) ?? String(text)
            rest = rest.dropFirst(text.count)
            let blanks = rest.prefix(width - cell.width + 2)
            line += blanks
            rest = rest.dropFirst(blanks.count)
        }
        return line
    }
}

extension String {
    /// A version as tables show it: enough to tell versions apart and to give to `--to`.
    var shortVersion: String { String(prefix(8)) }

    /// The beginning that fits, with a sign that there was more.
    fileprivate func cut(to width: Int?) -> String {
        guard let width, utf8.count > width, count > width else { return self }
        let sign = Terminal.isUnicode ? "…" : "..."
        guard width > sign.count else { return String(sign.prefix(width)) }
        return prefix(width - sign.count) + sign
    }
}

extension Character {
    fileprivate var isControl: Bool {
        unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

extension Date {
    /// Local time, for people.
    var local: String { formatted(Self.localStyle) }

    /// Made once: a calendar and a time zone take longer than what is done with them.
    private static let localStyle = Date.VerbatimFormatStyle(
        format:
            "\(year: .defaultDigits)-\(month: .twoDigits)-\(day: .twoDigits) \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits):\(second: .twoDigits)",
        locale: Locale(identifier: "en_US_POSIX"),
        timeZone: .current,
        calendar: Calendar(identifier: .gregorian)
    )

    /// How far away a date is, in the largest unit that fits: `89 days`, `3 h`, `expired`.
    func remaining(from now: Date = Date()) -> String {
        let seconds = timeIntervalSince(now)
        return seconds < 0 ? "expired" : seconds.inWords
    }
}
