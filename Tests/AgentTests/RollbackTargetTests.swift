import Foundation
import History
import Testing

@testable import Agent

@Suite("Rollback targets")
struct RollbackTargetTests {
    private let versions = ["aaaa0001", "aaaa0002", "bbbb0003"].map { start in
        var record = VersionRecord(
            bare: start + String(repeating: "0", count: 24),
            of: "web",
            at: Date()
        )
        record.thumbprint = String(repeating: String(start.last ?? "0"), count: 40)
        return record
    }

    private func resolve(_ text: String?, current: Int = 2) throws -> VersionRecord {
        let target = try text.map { try #require(RollbackTarget($0)) } ?? .lastGood
        return try target.resolve(
            current: versions[current].version,
            versions: versions,
            deployed: versions.map(\.version)
        )
    }

    @Test("Without a target it is the last one that was good before the current")
    func lastGood() throws {
        #expect(try resolve(nil) == versions[1])
        #expect(try resolve("-1") == versions[1])
        #expect(try resolve("-2") == versions[0])
    }

    @Test("A version may be shortened, a thumbprint written in any way")
    func byName() throws {
        #expect(try resolve("aaaa0001") == versions[0])
        #expect(try resolve(versions[0].version) == versions[0])
        #expect(try resolve(String(repeating: "1", count: 40)) == versions[0])
        let colons = (0..<20).map { _ in "22" }.joined(separator: ":")
        #expect(try resolve(colons) == versions[1])
    }

    @Test("What can't be meant is refused with a way out", arguments: ["aaaa", "cccc", "-9"])
    func refused(_ text: String) {
        #expect(throws: Refusal.self) { try resolve(text) }
    }

    @Test("After a rollback the last good one is still further back, not the one just left")
    func furtherBack() throws {
        #expect(try resolve(nil, current: 1) == versions[0])
        #expect(throws: Refusal.self) { try resolve(nil, current: 0) }
    }

    @Test("The current version is no target")
    func current() {
        #expect(throws: Refusal.self) { try resolve("bbbb0003") }
    }

    @Test(
        "What has none of the forms isn't read as one",
        arguments: ["", "-0", "-x", "abc", "web!"]
    )
    func unreadable(_ text: String) {
        #expect(RollbackTarget(text) == nil)
    }
}
