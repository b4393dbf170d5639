import Foundation
import FoundationXML

/// A page as a parser of XML reads it: its elements in their order.
struct PageDocument {
    struct Element {
        var name: String
        var attributes: [String: String]
        /// What stands in it, further elements' text included.
        var text = ""
        /// Its place among all elements.
        var place: Int
        /// The places of the elements around it, from the outermost.
        var parents: [Int]
    }

    let elements: [Element]

    /// - Throws: What is not well-formed.
    init(_ page: String) throws {
        let collector = Collector()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = collector
        guard parser.parse() else {
            throw NotWellFormed(
                line: parser.lineNumber,
                cause: parser.parserError.map { "\($0)" } ?? ""
            )
        }
        elements = collector.elements
    }

    struct NotWellFormed: Error {
        let line: Int
        let cause: String
    }

    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    /// The elements of a name within another.
    func all(_ name: String, within ancestor: Element) -> [Element] {
        elements.filter { $0.name == name && $0.parents.contains(ancestor.place) }
    }

    /// The levels of the headings in their order.
    var headings: [Int] {
        elements.compactMap { $0.name.wholeMatch(of: /h([1-6])/).flatMap { Int($0.1) } }
    }

    private final class Collector: NSObject, XMLParserDelegate {
        var elements: [Element] = []
        private var open: [Int] = []

        func parser(
            _ parser: XMLParser,
            didStartElement name: String,
            namespaceURI: String?,
            qualifiedName: String?,
            attributes: [String: String]
        ) {
            let place = elements.count
            elements.append(
                Element(name: name, attributes: attributes, place: place, parents: open)
            )
            open.append(place)
        }

        func parser(
            _ parser: XMLParser,
            didEndElement name: String,
            namespaceURI: String?,
            qualifiedName: String?
        ) {
            open.removeLast()
        }

        func parser(_ parser: XMLParser, foundCharacters text: String) {
            for place in open { elements[place].text += text }
        }
    }
}
