import Testing

@testable import Agent

@Suite("Which versions stay on disk")
struct KeptVersionsTests {
    /// Six versions on record, `f` the newest, of which one is kept for its age.
    private func kept(
        live: String = "f",
        _ needed: String?...,
        held: Set<String> = [],
        count: Int = 1
    ) -> String {
        KeptVersions(
            count: count,
            recorded: ["f", "e", "d", "c", "b", "a"],
            live: live,
            neededAnyway: needed,
            held: held
        ).all.sorted().joined()
    }

    @Test("The newest stay, and the live one whatever its age")
    func newest() {
        #expect(kept() == "f")
        #expect(kept(count: 3) == "def")
        #expect(kept(live: "a") == "af")
        #expect(kept(live: "x") == "fx")
        #expect(kept(count: 100) == "abcdef")
    }

    @Test("What something comes back to stays whatever its age")
    func needed() {
        #expect(kept("a", nil, "c") == "acf")
        #expect(kept(live: "b", "a") == "abf")
    }

    @Test("A held version stays while it is newer than what is live")
    func held() {
        #expect(kept(live: "c", held: ["e"]) == "cef")
        #expect(kept(live: "c", held: ["b"]) == "cf")
        #expect(kept(held: ["e"]) == "f")
    }
}
