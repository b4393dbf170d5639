import SystemPackage
import TestSupport

/// A manual page in mdoc(7), as far as the tests read it.
struct ManualPage: Sendable {
    let name: String

    /// The source, without the escapes that only concern how a character looks.
    let lines: [String]

    init(_ name: String) throws {
        self.name = name
        lines = try readText(Self.directory.appending(name))
            .replacing("\\-", with: "-").replacing("\\(dq", with: "\"").replacing("\\&", with: "")
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// `packaging/man` of the sources that this test was built from.
    static var directory: FilePath {
        FilePath(#filePath).removingLastComponent().removingLastComponent()
            .removingLastComponent().removingLastComponent()
            .appending("packaging").appending("man")
    }
}

extension ManualPage {
    /// The options that have an entry of their own: `--dry-run`, `-h`.
    var entries: Set<String> { Self.options(in: lines.filter { $0.hasPrefix(".It") }) }

    var synopsis: [String] { section("SYNOPSIS") }

    /// The options of the synopsis.
    var summarized: Set<String> { Self.options(in: synopsis) }

    /// Every option that is named anywhere but in examples.
    var mentioned: Set<String> { Self.options(in: lines.filter { $0.hasPrefix(".") }) }

    /// Every word of a section, without punctuation.
    func words(of title: String) -> Set<Substring> {
        Set(section(title).flatMap { $0.split { " ,.|:()\"".contains($0) } })
    }

    /// The lines from one `.Sh` to the next.
    func section(_ title: String) -> [String] {
        let start = lines.firstIndex(of: ".Sh \(title)").map { $0 + 1 } ?? lines.endIndex
        return Array(lines[start...].prefix { !$0.hasPrefix(".Sh ") })
    }

    /// The command lines in examples that run `program`, each as its words.
    func examples(of program: String) -> [[String]] {
        var isLiteral = false
        var found: [[String]] = []
        for line in lines {
            if line.hasPrefix(".Bd") || line.hasPrefix(".Ed") { isLiteral = line.hasPrefix(".Bd") }
            guard isLiteral else { continue }
            let words = line.split { " ;()&|\"$".contains($0) }.map(String.init)
            for (index, word) in words.enumerated() where word == program {
                let rest = words[(index + 1)...].prefix { !Self.programs.contains($0) }
                found.append([program] + rest)
            }
        }
        return found
    }

    /// Where in a line another command begins, whose options are its own.
    private static let programs: Set<String> = [
        "jq", "systemctl", "echo", "[", "grep", "kvagent", "kvagent-emulator",
    ]

    static func options(in lines: [String]) -> Set<String> {
        Set(
            lines.flatMap { line in
                line.matches(of: /\bFl (?:Fl ([a-z][a-z-]*)|([a-z])\b)/).map { match in
                    match.1.map { "--\($0)" } ?? "-\(match.2 ?? "")"
                }
            }
        )
    }
}
