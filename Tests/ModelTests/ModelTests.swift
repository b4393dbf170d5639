import Foundation
import Testing

// One sequence after another: all at once would keep the other tests waiting.
@Suite("Against a model", .serialized)
struct ModelTests {
    private static func number(_ variable: String, _ usual: UInt64) -> UInt64 {
        ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) } ?? usual
    }

    /// `KVAGENT_MODEL_SEED` and `KVAGENT_MODEL_STEPS` ask for others, and for more.
    private static let firstSeed = number("KVAGENT_MODEL_SEED", 1)
    private static let steps = Int(number("KVAGENT_MODEL_STEPS", 2000))
    private static let length = 80
    private static let seeds = (0..<UInt64((steps + length - 1) / length)).map { firstSeed &+ $0 }

    @Test(
        "Whatever happens in whatever order: live state and ledger are as a simple model says",
        arguments: seeds
    )
    func agree(seed: UInt64) async throws {
        var numbers = SplitMix64(seed: seed)
        let steps = (0..<Self.length).map { _ in Step.random(&numbers) }
        let trial = Trial(seed: seed, steps: steps)
        guard let failure = try await trial.run() else { return }
        let (shortest, reason) = try await trial.shortened(from: failure)
        Issue.record(
            """
            seed \(seed): after
              \(shortest.map(\.description).joined(separator: "\n  "))
            \(reason)
            """
        )
    }
}
