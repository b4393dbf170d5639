/// A table that a screen reader can announce and a narrow screen can scroll.
struct PageTable: Sendable {
    /// A cell, with what the style sheet knows it by.
    enum Cell: Sendable {
        case cell(HTML, String? = nil)
        /// What the row is about.
        case header(HTML)

        /// A number, to be read down a column.
        static func number(_ text: String) -> Cell { .cell(HTML(text: text), "number") }
        static func text(_ text: String) -> Cell { .cell(HTML(text: text)) }
    }

    let caption: String
    let columns: [String]
    /// Which columns hold numbers.
    let numbers: Set<String>

    init(_ caption: String, columns: [String], numbers: Set<String> = []) {
        self.caption = caption
        self.columns = columns
        self.numbers = numbers
    }

    /// The table with these rows, each of which has a cell for every column.
    func html(_ rows: [[Cell]]) -> HTML {
        // Who has no mouse must be able to scroll, too: hence the tabindex, and so a role and a name.
        element(
            "div",
            ["class": "scroll", "role": "group", "tabindex": "0", "aria-label": caption]
        ) {
            element("table") {
                element("caption") { caption }
                element("thead") {
                    element("tr") {
                        for column in columns {
                            element(
                                "th",
                                [
                                    "scope": "col",
                                    "class": numbers.contains(column) ? "number" : nil,
                                ]
                            ) { column }
                        }
                    }
                }
                element("tbody") {
                    for row in rows {
                        element("tr") { row.map(\.html) }
                        HTML(literal: "\n")
                    }
                }
            }
        }
    }
}

extension PageTable.Cell {
    fileprivate var html: HTML {
        switch self {
        case .cell(let content, let kind): element("td", ["class": kind]) { content }
        case .header(let content): element("th", ["scope": "row"]) { content }
        }
    }
}
