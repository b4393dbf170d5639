import Foundation
import Testing

@testable import Agent

@Suite("Version")
struct VersionTests {
    @Test("The package's changelog begins with the program's own version")
    func changelog() throws {
        let project = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let changelog = try String(
            contentsOf: project.appending(path: "packaging/debian/changelog"),
            encoding: .utf8
        )
        #expect(changelog.hasPrefix("kvagent (\(kvagentVersion)) "))
    }
}
