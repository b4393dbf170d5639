import Foundation
import Glibc

/// What is known of the terminal that standard output goes to.
enum Terminal {
    /// Whether there is one.
    static var isThere: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Its columns, those that `COLUMNS` says first; nil when it isn't one, and then nothing is
    /// cut.
    static var width: Int? {
        guard isThere else { return nil }
        if let said = environment("COLUMNS").flatMap({ Int($0) }), said > narrowest { return said }
        var size = winsize()
        guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0,
            size.ws_col > narrowest
        else { return nil }
        return Int(size.ws_col)
    }

    /// Whether it shows colours: https://no-color.org has the first rule, terminfo(5) the second.
    static let hasColours =
        isThere && environment("NO_COLOR") == nil && environment("TERM") ?? "dumb" != "dumb"

    /// Whether the locale has more than ASCII; the first variable that is set counts: locale(7).
    static let isUnicode =
        ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first?
        .lowercased().replacing("-", with: "").contains("utf8") ?? false

    /// Less is a terminal that doesn't know its size.
    private static let narrowest = 20

    private static func environment(_ name: String) -> String? {
        let value = ProcessInfo.processInfo.environment[name]
        return value?.isEmpty == false ? value : nil
    }
}

/// How a word is set off on a terminal that shows colours.
enum Style: String {
    case good = "32"
    case warning = "33"
    case critical = "31"
    case quiet = "2"

    /// The text between the sequences that turn it on and off: ECMA-48, SGR.
    func applied(to text: some StringProtocol) -> String {
        guard Terminal.hasColours, !text.isEmpty else { return String(text) }
        return "\u{1B}[\(rawValue)m\(text)\u{1B}[0m"
    }
}
