import Foundation
import Testing

@testable import Agent

@Suite("kvagent.yaml(5)")
struct SettingsManualTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func lines(_ path: String) throws -> [String] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The lines of a section of the page.
    private static func section(_ title: String) throws -> [String] {
        let lines = try lines("packaging/man/kvagent.yaml.5")
        let start = lines.firstIndex(of: ".Sh \(title)").map { $0 + 1 } ?? lines.endIndex
        return Array(lines[start...].prefix { !$0.hasPrefix(".Sh ") })
    }

    /// Where the page has the keys of a place; maps in an entry of a list have no section.
    private static func title(of place: SettingsVocabulary.Place) -> String {
        if place.hasPrefix(SettingsVocabulary.certificate) { return "observedCertificates" }
        return place.isEmpty ? "TOP LEVEL" : place
    }

    private static let places = Array(
        Set(SettingsVocabulary.keys.keys).union(SettingsVocabulary.withoutEffect.keys)
    ).sorted()

    private static func keys(of place: SettingsVocabulary.Place) -> Set<String> {
        Set(SettingsVocabulary.keys[place] ?? [])
            .union(SettingsVocabulary.withoutEffect[place]?.keys.map { $0 } ?? [])
    }

    /// The words that follow `Cm` in a line, up to the next macro.
    private static func words(_ line: String) -> [String] {
        guard let start = line.firstRange(of: "Cm ") else { return [] }
        return line[start.upperBound...].split { " ,.".contains($0) }.map(String.init)
    }

    @Test("Every key of the settings is in the section of its place", arguments: places)
    func allKeys(place: SettingsVocabulary.Place) throws {
        let section = try Self.section(Self.title(of: place))
        let found = Set(section.flatMap(Self.words))
        #expect(Self.keys(of: place).subtracting(found) == [], "\(place)")
    }

    @Test("No section has a key that isn't valid there")
    func noOthers() throws {
        for (title, places) in Dictionary(grouping: Self.places, by: Self.title) {
            let valid = places.reduce(into: Set<String>()) { $0.formUnion(Self.keys(of: $1)) }
            let entries = try Self.section(title).filter { $0.hasPrefix(".It Cm") }
            #expect(!entries.isEmpty, "\(title)")
            #expect(Set(entries.flatMap(Self.words)).subtracting(valid) == [], "\(title)")
        }
    }

    @Test("The examples are settings without a flaw")
    func examples() throws {
        let examples = try Self.section("EXAMPLES").joined(separator: "\n")
            .replacing("\\-", with: "-")
            .split(separator: ".Bd -literal -offset indent\n").dropFirst()
            .map { $0.prefix(upTo: $0.firstRange(of: ".Ed")?.lowerBound ?? $0.endIndex) }
        #expect(examples.count == 2)
        for example in examples {
            let settings = try Settings.parse(String(example), file: "kvagent.yaml")
            #expect(settings.notes.isEmpty)
        }
    }

    @Test("Every key of the settings is in docs/settings.md, too", arguments: places)
    func markdown(place: SettingsVocabulary.Place) throws {
        let words = try Self.lines("docs/settings.md").flatMap { line in
            line.split { !$0.isLetter && !$0.isNumber }.map(String.init)
        }
        // Where nothing has an effect, the place alone is told.
        let keys = SettingsVocabulary.keys[place] == nil ? [] : Self.keys(of: place)
        #expect(keys.subtracting(words) == [], "\(place)")
    }
}
