import Hooks
import Logging

extension Agent {
    /// Takes candidates through the phases as one batch, and finds the guilty when it fails as one.
    ///
    /// A reload hook that fails for ten certificates does not say for which of them. When it
    /// succeeds again for what was live before, they go through the phases once more, in two
    /// halves, and so on: each bad one among n costs about 2·log₂ n reloads more, and no good one
    /// waits for it. A hook that fails for the old state, too, has another reason, and nothing is
    /// tried again. Check hooks have passed them and are not asked twice.
    ///
    /// - Throws: `HistoryError`, as ``Batch/run(_:)``.
    func deploy(
        _ candidates: [Candidate],
        catalog: HookCatalog
    ) async throws -> [DeploymentResult] {
        var batch = Batch(agent: self, catalog: catalog)
        let results = try await batch.run(candidates)
        let names = Set(results.filter(\.isSuspect).map(\.certificate))
        let suspects = candidates.filter { names.contains($0.name) }.map(\.passedChecks)
        guard !suspects.isEmpty else { return results }
        logger.warning(
            "batch went back as a whole; it is tried again in halves",
            metadata: ["certificates": "\(suspects.map(\.name).joined(separator: " "))"]
        )
        let middle = (suspects.count + 1) / 2
        return try await results.filter { !$0.isSuspect }
            + deploy(Array(suspects[..<middle]), catalog: catalog)
            + deploy(Array(suspects[middle...]), catalog: catalog)
    }
}
