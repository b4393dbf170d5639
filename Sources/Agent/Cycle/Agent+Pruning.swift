import History
import Logging
import Store

extension Agent {
    /// Removes versions beyond `history.keepVersions`, as ``KeptVersions`` says, after one has
    /// become live.
    func pruneVersions(after candidate: Candidate) {
        do {
            let keep = try keptVersions(after: candidate).all
            let removed = try store(of: candidate.certificate).prune(candidate.name, keeping: keep)
            if !removed.isEmpty {
                logger.info(
                    "old versions removed",
                    metadata: [
                        "certificate": "\(candidate.name)",
                        "versions": "\(removed.joined(separator: " "))",
                    ]
                )
            }
        } catch {
            // Old files in the way harm nobody: the deployment stands, and the next one tries again.
            logger.warning(
                "old versions could not be removed",
                metadata: ["certificate": "\(candidate.name)", "error": "\(error)"]
            )
        }
    }

    func keptVersions(after candidate: Candidate) throws -> KeptVersions {
        let name = candidate.name
        let open = try history.openDeployments().filter { $0.certificate == name }
        let good = try RecordedVersions(of: name, current: candidate.version, history: history)
            .deployed
        var kept = KeptVersions(
            count: settings.keepVersions,
            recorded: try history.versions(of: name).map(\.version),
            live: candidate.version,
            neededAnyway: [
                candidate.previous, try history.pin(of: name)?.version,
                try history.lastGood(before: candidate.version, of: name),
                good.prefix { $0 != candidate.version }.last,
            ]
        )
        kept.neededAnyway += try history.owedHooks(of: name).map(\.version)
        kept.neededAnyway += open.flatMap { [$0.version, $0.previousVersion] }
        // Usually there is none: the newest version is the one that has become live.
        for version in kept.newer {
            let last = try history.lastDeployment(of: name, version: version)
            if last?.outcome == .held { kept.held.insert(version) }
        }
        return kept
    }
}
