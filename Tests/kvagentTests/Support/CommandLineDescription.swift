import Foundation
import TestSupport

/// What a program says of its own command line, by `--experimental-dump-help`.
struct CommandLineDescription {
    /// One command that does something, so none that only has commands beneath it.
    struct Command {
        /// `["config", "check"]`.
        var path: [String]
        var options: Set<String>

        /// Those of them that not every program has.
        var ownOptions: Set<String>
        var positionals: [Positional]

        /// The words that options take, where they take only some.
        var values: [String]
    }

    struct Positional {
        var name: String
        var isRepeating: Bool
    }

    let commands: [Command]

    init(of program: String) async throws {
        let dump = try await runCommand([program, "--experimental-dump-help"])
        commands = Self.commands(try JSON(parsing: dump.output)["command"], [])
    }

    /// The commands that begin with one word.
    func commands(of word: String) -> [Command] {
        commands.filter { $0.path.first == word }
    }

    /// The command that a line of words runs, by its longest beginning.
    func command(of words: some Sequence<String>) -> Command? {
        let words = Array(words)
        return commands.filter { words.starts(with: $0.path) }.max { $0.path.count < $1.path.count }
    }

    private static func commands(_ command: JSON, _ path: [String]) -> [Command] {
        let below = command["subcommands"].array.filter { $0["commandName"].string != "help" }
        let subcommands = below.flatMap { commands($0, path + [$0["commandName"].string ?? ""]) }
        let arguments = command["arguments"].array.filter { $0["shouldDisplay"] == .flag(true) }
        func names(_ arguments: [JSON]) -> Set<String> {
            Set(
                arguments.flatMap { $0["names"].array }.map {
                    ($0["kind"].string == "short" ? "-" : "--") + ($0["name"].string ?? "")
                }
            )
        }
        let own = arguments.filter { argument in
            argument["kind"].string != "flag"
                || names([argument]).isDisjoint(with: ["--version", "--help"])
        }
        // One that only has commands beneath it does nothing itself.
        guard below.isEmpty || !own.isEmpty else { return subcommands }
        return subcommands + [
            Command(
                path: path,
                options: names(arguments),
                ownOptions: names(own),
                positionals: arguments.filter { $0["kind"].string == "positional" }.map {
                    Positional(
                        name: $0["valueName"].string ?? "",
                        isRepeating: $0["isRepeating"] == .flag(true)
                    )
                },
                values: arguments.flatMap { $0["allValues"].array.compactMap(\.string) }
            )
        ]
    }
}
