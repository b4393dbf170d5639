/// Markup that is whole and harmless by the way in which it is made.
///
/// Values come in as text only, which is escaped; names of elements and attributes are literals of
/// the program. So nothing that a vault, a hook or a user has said can become markup. What comes
/// out is HTML and well-formed XML at once.
struct HTML: Sendable {
    private(set) var markup: String

    /// Nothing.
    static let empty = HTML(markup: "")

    private init(markup: String) {
        self.markup = markup
    }

    /// Text, made harmless and cut as ``PageText`` says.
    init(text: String, limit: Int = PageText.limit) {
        markup = PageText.escaped(text, limit: limit)
    }

    /// Markup that the program itself has, such as a doctype.
    init(literal: StaticString) {
        markup = "\(literal)"
    }

    /// A style sheet of the program's own, which must hold neither `<` nor `&`: an HTML parser and
    /// an XML parser would read them differently.
    init(style: [UInt8]) {
        markup = "<style>\n" + String(decoding: style, as: UTF8.self) + "</style>"
    }

    /// Several, one after the other.
    init(_ parts: [HTML]) {
        markup = parts.reduce(into: "") { $0 += $1.markup }
    }

    /// An element; see ``element(_:_:content:)``.
    fileprivate init(
        element name: StaticString,
        _ attributes: KeyValuePairs<StaticString, String?>,
        _ content: HTML
    ) {
        var markup = "<\(name)"
        for (attribute, value) in attributes {
            guard let value else { continue }
            markup += " \(attribute)=\"\(PageText.escaped(value))\""
        }
        let isVoid = Self.void.contains("\(name)")
        markup += isVoid ? " />" : ">\(content.markup)</\(name)>"
        self.markup = markup
    }

    /// HTML's elements that have no end tag, as far as the page uses them.
    private static let void: Set<String> = ["br", "hr", "meta"]
}

/// An element with what stands in it; an attribute that is nil is left out.
func element(
    _ name: StaticString,
    _ attributes: KeyValuePairs<StaticString, String?> = [:],
    @HTMLBuilder content: () -> HTML = { .empty }
) -> HTML {
    HTML(element: name, attributes, content())
}

/// Lets elements be written one below the other; a string among them is text.
@resultBuilder
enum HTMLBuilder {
    static func buildExpression(_ html: HTML) -> HTML { html }
    static func buildExpression(_ html: HTML?) -> HTML { html ?? .empty }
    static func buildExpression(_ html: [HTML]) -> HTML { HTML(html) }
    static func buildExpression(_ text: String) -> HTML { HTML(text: text) }
    static func buildBlock(_ parts: HTML...) -> HTML { HTML(parts) }
    static func buildOptional(_ part: HTML?) -> HTML { part ?? .empty }
    static func buildEither(first part: HTML) -> HTML { part }
    static func buildEither(second part: HTML) -> HTML { part }
    static func buildArray(_ parts: [HTML]) -> HTML { HTML(parts) }
}
