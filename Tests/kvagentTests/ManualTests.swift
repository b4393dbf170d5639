import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("Manual pages")
struct ManualTests {
    private static let program = "kvagent"
    private static let emulator = TestBed.products.appending("kvagent-emulator").string

    @Test("Each command has a page with its options, all of them and no others")
    func options() async throws {
        let description = try await CommandLineDescription(of: TestBed.kvagent)
        let everywhere = description.commands.reduce(into: Set<String>()) {
            $0.formUnion($1.options)
        }
        for word in Set(description.commands.compactMap(\.path.first)) {
            let page = try ManualPage("kvagent-\(word).8")
            let commands = description.commands(of: word)
            let options = commands.reduce(into: Set<String>()) { $0.formUnion($1.options) }
            #expect(page.entries == options, "\(page.name)")
            // Those of every program would only make the synopsis longer.
            let own = commands.reduce(into: Set<String>()) { $0.formUnion($1.ownOptions) }
            #expect(page.summarized == own, "\(page.name)")
            #expect(page.mentioned.subtracting(everywhere) == [], "\(page.name)")
            for command in commands {
                #expect(
                    page.synopsis.contains {
                        $0.hasSuffix("kvagent \(command.path.joined(separator: " "))")
                    }
                )
                for value in command.values {
                    #expect(
                        page.words(of: "OPTIONS").contains(value[...]),
                        "\(page.name): \(value)"
                    )
                }
                for positional in command.positionals {
                    let name = "Ar \(positional.name)\(positional.isRepeating ? " ..." : "")"
                    #expect(page.synopsis.contains { $0.hasSuffix(name) }, "\(page.name): \(name)")
                }
            }
        }
    }

    @Test("kvagent(8) has every command and refers to its page")
    func overview() async throws {
        let description = try await CommandLineDescription(of: TestBed.kvagent)
        let page = try ManualPage("kvagent.8")
        for word in Set(description.commands.compactMap(\.path.first)) {
            #expect(page.section("COMMANDS").contains { $0.hasPrefix(".It Ic \(word)") }, "\(word)")
            #expect(
                page.section("SEE ALSO").contains { $0.hasPrefix(".Xr kvagent-\(word) 8") },
                "\(word)"
            )
        }
        let everywhere = description.commands.reduce(into: Set<String>()) {
            $0.formUnion($1.options)
        }
        #expect(page.mentioned.subtracting(everywhere) == [])
    }

    @Test("No page is of a command that is no more, or refers to a page that isn't there")
    func pages() async throws {
        let description = try await CommandLineDescription(of: TestBed.kvagent)
        let names = try FileManager.default.contentsOfDirectory(atPath: ManualPage.directory.string)
            .filter { $0.wholeMatch(of: /.*\.[1-8]/) != nil }
        for name in names {
            if let word = name.wholeMatch(of: /kvagent-(.*)\.8/)?.1 {
                #expect(!description.commands(of: String(word)).isEmpty, "\(name)")
            }
            for line in try ManualPage(name).lines {
                guard let match = line.wholeMatch(of: /\.Xr (kvagent\S*) (\d)( .*)?/) else {
                    continue
                }
                #expect(names.contains("\(match.1).\(match.2)"), "\(name): \(line)")
            }
        }
    }

    @Test("The command lines of the examples have only options that there are")
    func examples() async throws {
        let programs = [
            (Self.program, try await CommandLineDescription(of: TestBed.kvagent)),
            ("kvagent-emulator", try await CommandLineDescription(of: Self.emulator)),
        ]
        var count = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: ManualPage.directory.string)
        where name != "lint" {
            let page = try ManualPage(name)
            for (program, description) in programs {
                for words in page.examples(of: program) {
                    let command = try #require(
                        description.command(of: words.dropFirst()),
                        "\(name): \(words)"
                    )
                    let options = words.filter { $0.hasPrefix("--") }
                    #expect(Set(options).subtracting(command.options) == [], "\(name): \(words)")
                    count += 1
                }
            }
        }
        #expect(count > 20)
    }

    @Test("kvagent-emulator(1) has every command with its options, and no others")
    func emulator() async throws {
        let description = try await CommandLineDescription(of: Self.emulator)
        let page = try ManualPage("kvagent-emulator.1")
        var options: [[String]: Set<String>] = [:]
        // Commands that share an entry follow each other line by line.
        var open: [[String]] = [[]]
        var isHeading = false
        for line in page.lines {
            if let words = line.wholeMatch(of: /\.It Ic ([a-z ]+?)( Ar .*| Op .*)?/)?.1 {
                let command = words.split(separator: " ").map(String.init)
                open = isHeading ? open + [command] : [command]
                options[command] = []
                isHeading = true
                continue
            }
            isHeading = false
            guard line.hasPrefix(".It") else { continue }
            for command in open {
                options[command, default: []].formUnion(ManualPage.options(in: [line]))
            }
        }
        let shared = options.removeValue(forKey: []) ?? []
        options[["help"]] = nil
        #expect(Set(options.keys) == Set(description.commands.map(\.path)))
        for command in description.commands {
            let documented = options[command.path]?.union(shared)
            #expect(documented == command.options, "\(command.path)")
            for value in command.values {
                #expect(
                    page.words(of: "COMMANDS").contains(value[...]),
                    "\(command.path): \(value)"
                )
            }
        }
    }
}
