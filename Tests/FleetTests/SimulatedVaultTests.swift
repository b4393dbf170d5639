import Testing

@testable import fleet

@Suite("The simulated vault")
struct SimulatedVaultTests {
    private let start = ContinuousClock.now

    @Test("No 10 s have more answers than the limit, wherever they begin")
    func limit() {
        var vault = SimulatedVault(.init(limit: 3))
        let answers = [0, 4, 8, 9, 10, 11, 14, 18].map { vault.answer(at: start + .seconds($0)) }
        #expect(
            answers == [
                .given, .given, .given, .throttled, .given, .throttled, .given, .given,
            ]
        )
    }

    @Test("Where refusals count, who goes on asking gets nothing")
    func countedRefusals() {
        var vault = SimulatedVault(.init(limit: 3, countsRefusals: true))
        let answers = (0..<30).map { vault.answer(at: start + .seconds($0)) }
        #expect(answers.prefix(3).allSatisfy { $0 == .given })
        #expect(answers.dropFirst(3).allSatisfy { $0 == .throttled })
        #expect(vault.answer(at: start + .seconds(60)) == .given)
    }

    @Test("During an outage every answer is 503, and none counts")
    func outage() {
        var vault = SimulatedVault(.init(limit: 1), outage: start..<start + .seconds(5))
        #expect(vault.answer(at: start) == .unavailable)
        #expect(vault.answer(at: start + .seconds(4)) == .unavailable)
        #expect(vault.answer(at: start + .seconds(5)) == .given)
        #expect(vault.answer(at: start + .seconds(6)) == .throttled)
    }
}
