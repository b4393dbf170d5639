import Testing

@testable import Agent

@Suite("When the stores are searched for leftovers")
struct LeftoverSearchTests {
    @Test("At a process's first change, and after the death of who made changes")
    func due() {
        let search = LeftoverSearch()
        #expect(search.isDue(afterDeath: false))
        #expect(!search.isDue(afterDeath: false))
        #expect(search.isDue(afterDeath: true))
        #expect(!search.isDue(afterDeath: false))
        #expect(LeftoverSearch().isDue(afterDeath: false))
    }
}
