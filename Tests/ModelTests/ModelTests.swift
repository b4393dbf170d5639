import Foundation
import Testing

// Two sequences at a time: all at once would keep the other tests waiting, and one after another
// would go on when these are done.
@Suite("Against a model")
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
        arguments: [0, 1]
    )
    func agree(part: UInt64) async throws {
        for seed in Self.seeds where seed % 2 == part { try await agree(seed: seed) }
    }

    private func agree(seed: UInt64) async throws {
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
