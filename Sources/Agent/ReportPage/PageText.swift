/// Any string, as it may stand on the page.
enum PageText {
    /// How many characters of a value are shown unless said otherwise.
    static let limit = 2000

    /// The text for an element or for an attribute in double quotes.
    ///
    /// What would change how other text looks or is read is shown by its number, `[U+202E]`:
    /// control characters, which XML doesn't even allow, and those that turn the writing direction
    /// or take no space (Unicode Technical Report 36, "Unicode Security Considerations"). A text
    /// that is too long is cut, and says so.
    static func escaped(_ text: String, limit: Int = limit) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < limit else {
                return result + "… (cut: \(text.utf8.count) bytes in all)"
            }
            count += 1
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                if isHarmless(scalar) {
                    result.unicodeScalars.append(scalar)
                } else {
                    result += "[U+\(number(scalar))]"
                }
            }
        }
        return result
    }

    private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7F }
        return switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
            .unassigned:
            false
        default: true
        }
    }

    private static func number(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
