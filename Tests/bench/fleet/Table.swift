import Foundation

/// Figures as a table for people.
struct Table: CustomStringConvertible {
    private static let heads = [
        "scenario", "over", "least", "median", "p99", "most", "requests", "429", "503", "half read",
        "99 %", "all read", "unread",
    ]

    private let figures: [Figures]

    init(_ figures: [Figures]) {
        self.figures = figures
    }

    /// A line for each, under the heads; the first two columns are words, the rest numbers.
    var description: String {
        let rows = [Self.heads] + figures.map(cells)
        let widths = Self.heads.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row, widths).enumerated().map { column, cell in
                let space = String(repeating: " ", count: cell.1 - cell.0.count)
                return column < 2 ? cell.0 + space : space + cell.0
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private func cells(_ figures: Figures) -> [String] {
        let counts = [
            figures.least, figures.median, figures.p99, figures.most, figures.requests,
            figures.throttled, figures.unavailable,
        ]
        let times = [figures.halfRead, figures.p99Read, figures.allRead]
        return [figures.scenario, figures.span] + counts.map(\.description) + times.map(time)
            + ["\(figures.unread)"]
    }

    private func time(_ seconds: Double?) -> String {
        guard let seconds else { return "-" }
        return String(format: "%.1f s", seconds)
    }
}
