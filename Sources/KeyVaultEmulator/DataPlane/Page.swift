import FoundationEssentials

/// One page of a list.
///
/// The real service gives pages of at most 25, sometimes shorter than asked for, sometimes an
/// empty last one, and says where to go on with an absolute link that names the port.
struct Page {
    static let limit = 25

    /// An item and what it is sorted by.
    struct Item {
        let key: String
        /// Made for the page that it is on: a list is asked for once for each page.
        let value: () -> JSON

        init(key: String, value: @autoclosure @escaping () -> JSON) {
            self.key = key
            self.value = value
        }
    }

    /// The page that `request` asks for.
    static func reply(to request: VaultRequest, items: [Item]) -> Reply {
        let query = request.exchange.query
        var size = limit
        if let asked = query["maxresults"] {
            guard let number = Int(asked), (1...limit).contains(number) else {
                return .badParameter("maxresults should be in the range from 1 to \(limit)")
            }
            size = number
        }
        if request.behaviour.pages == .short { size = max(size - 1, 1) }
        var rest = items
        if let token = query["$skiptoken"] {
            guard let marker = marker(of: token) else {
                return .badParameter("The skip token is invalid")
            }
            rest.removeAll { $0.key < marker }
        }
        rest.sort { $0.key < $1.key }
        let page = rest.prefix(size)
        var next: String?
        if page.count < rest.count {
            next = rest[page.count].key
        } else if request.behaviour.pages == .emptyLast, !page.isEmpty {
            // Sorts after every name and every version.
            next = "~"
        }
        return .json(
            .object([
                "value": .array(page.map { $0.value() }),
                "nextLink": next.map { .string(link(to: $0, from: request)) } ?? .null,
            ])
        )
    }

    private static func link(to marker: String, from request: VaultRequest) -> String {
        let port = request.port.isEmpty ? ":443" : request.port
        var link = "https://\(request.exchange.host)\(port)\(request.exchange.path)"
        link += "?api-version=\(request.exchange.query["api-version"] ?? "")"
        link += "&$skiptoken=\(token(of: marker))"
        if let size = request.exchange.query["maxresults"] { link += "&maxresults=\(size)" }
        return link
    }

    /// The form that the service's own tokens have: base64url around JSON around base64.
    private static func token(of marker: String) -> String {
        let inner = Data(marker.utf8).base64EncodedString()
        let json = JSON.object([
            "NextMarker": .string("2!\(inner.utf8.count)!\(inner)"),
            "TargetLocation": .integer(0),
        ])
        return Data(json.text.utf8).base64URL
    }

    private static func marker(of token: String) -> String? {
        guard let data = Data(base64URL: token),
            let inner = JSON(parsing: Array(data))?["NextMarker"]?.string?.split(separator: "!"),
            inner.count == 3,
            let marker = Data(base64Encoded: String(inner[2]))
        else { return nil }
        return String(decoding: marker, as: UTF8.self)
    }
}
