import Foundation

extension EffectiveValue {
    /// The value as a YAML document, each line with a comment on where its value comes from, if
    /// that is wanted.
    package func yaml(withOrigins: Bool) -> String {
        let lines = lines(indent: 0)
        let column = min(60, (lines.map(\.text.count).max() ?? 0) + 2)
        return lines.map { line in
            guard withOrigins, let comment = line.origin?.comment else { return line.text }
            let gap = String(repeating: " ", count: max(2, column - line.text.count))
            return "\(line.text)\(gap)# \(comment)"
        }
        .joined(separator: "\n")
    }

    private typealias Line = (text: String, origin: SettingOrigin?)

    private func lines(indent: Int) -> [Line] {
        let margin = String(repeating: " ", count: indent)
        switch self {
        case .scalar(let value, let origin): return [("\(margin)\(value.yaml)", origin)]
        case .list(let elements):
            return elements.flatMap { element in
                // The first line of an element stands beside its dash.
                var lines = element.lines(indent: indent + 2)
                lines[0].text.replaceSubrange(
                    lines[0].text
                        .startIndex..<lines[0].text.index(
                            lines[0].text.startIndex,
                            offsetBy: indent + 2
                        ),
                    with: "\(margin)- "
                )
                return lines
            }
        case .map(let entries):
            return entries.flatMap { entry -> [Line] in
                if let (text, origin) = entry.value.inOneLine {
                    return [("\(margin)\(entry.key): \(text)", origin)]
                }
                return [("\(margin)\(entry.key):", nil)] + entry.value.lines(indent: indent + 2)
            }
        }
    }

    /// A scalar, or a list of them, as it stands behind a colon.
    private var inOneLine: (text: String, origin: SettingOrigin?)? {
        switch self {
        case .scalar(let value, let origin): return (value.yaml, origin)
        case .map: return nil
        case .list(let elements):
            var origin: SettingOrigin?
            var texts: [String] = []
            for element in elements {
                guard case .scalar(let value, let own) = element else { return nil }
                origin = own
                texts.append(value.yaml)
            }
            return ("[\(texts.joined(separator: ", "))]", origin)
        }
    }
}

extension SettingOrigin {
    /// For people: `line 12`, `as hooks.timeout`, `default`.
    package var comment: String {
        switch self {
        case .line(let line): "line \(line)"
        case .inherited(let key): "as \(key)"
        case .standard: "default"
        }
    }
}

extension EffectiveScalar {
    /// The value as YAML takes it for what it is.
    fileprivate var yaml: String {
        switch self {
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .text(let text): Self.isPlain(text) ? text : Self.quoted(text)
        }
    }

    /// Whether YAML reads it as this very text without quotes; in doubt it doesn't.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.first, first.isASCII, first.isLetter || first == "/" else {
            return false
        }
        let words: Set = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]
        return !words.contains(text.lowercased()) && !text.hasSuffix(":")
            && text.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || "/._-:".contains($0))
            }
    }

    /// A JSON string, which YAML knows too.
    private static func quoted(_ text: String) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}
