import Agent
import KeyVaultEmulator
import SystemPackage
import TestSupport

/// A sequence of steps, taken by agent and model from the beginning.
struct Trial {
    let seed: UInt64
    let steps: [Step]

    /// The steps up to the one after which the two differ, and how.
    struct Failure {
        let steps: [Step]
        let reason: String
    }

    private var onFailure: FailurePolicy {
        switch seed % 8 {
        case 6: .keep
        case 7: .retry
        default: .rollback
        }
    }

    func run() async throws -> Failure? { try await run(steps) }

    private func run(_ steps: [Step]) async throws -> Failure? {
        try await withTemporaryDirectory { directory in
            let emulator = try await Emulator.start(
                EmulatorConfiguration(stateDirectory: directory.appending("vault").string)
            )
            let failure: Result<Failure?, any Error>
            do {
                let world = try await World(
                    directory: directory,
                    emulator: emulator,
                    vault: "kv",
                    onFailure: onFailure
                )
                failure = .success(await run(steps, in: world))
            } catch {
                failure = .failure(error)
            }
            await emulator.stop()
            return try failure.get()
        }
    }

    private func run(_ steps: [Step], in world: World) async -> Failure? {
        var model = Model()
        model.onFailure = onFailure
        for (index, step) in steps.enumerated() {
            let expected = model.take(step)
            var reason: String?
            do {
                let answer = try await world.take(step)
                if answer != expected {
                    reason = "answer \(answer)\n   model: answer \(expected)"
                } else if step.isOfTheAgent || index == steps.count - 1 {
                    reason = try world.disagreement(
                        with: model,
                        isWhole: index == steps.count - 1
                    )
                }
            } catch {
                reason = "\(error)"
            }
            if let reason {
                return Failure(steps: Array(steps[...index]), reason: reason)
            }
        }
        return nil
    }

    /// Leaves out every step without which the two still differ.
    func shortened(from failure: Failure) async throws -> ([Step], String) {
        var shortest = failure
        let end = ContinuousClock.now + .seconds(60)
        for size in [16, 8, 4, 2, 1] {
            var index = 0
            while index < shortest.steps.count, .now < end {
                var fewer = shortest.steps
                fewer.removeSubrange(index..<min(index + size, fewer.count))
                if let failure = try await run(fewer) {
                    shortest = failure
                } else {
                    index += size
                }
            }
        }
        return (shortest.steps, shortest.reason)
    }
}
