import Testing

@testable import Agent

@Suite("Waiting for other changes")
struct CoalescingTests {
    @Test(
        "A window is waited for, and never past the limit",
        arguments: [(0, 10), (10, 10), (50, 10), (55, 5), (60, nil), (70, nil)] as [(Int, Int?)]
    )
    func pause(elapsed: Int, pause: Int?) {
        let coalescing = Coalescing(window: .seconds(10), limit: .seconds(60))
        #expect(coalescing.pause(after: .seconds(elapsed)) == pause.map { .seconds($0) })
    }
}
