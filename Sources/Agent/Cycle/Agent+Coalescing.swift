import KeyVault
import Logging

/// How long the daemon waits, when a certificate has changed, for others that do so too.
package struct Coalescing: Sendable, Hashable {
    /// How long without a further change.
    package var window: Duration
    /// How long in all.
    package var limit: Duration

    /// How long to wait before the vaults are asked again.
    ///
    /// - Parameter elapsed: The time since the first change was seen.
    /// - Returns: Nil when what has changed is deployed now.
    func pause(after elapsed: Duration) -> Duration? {
        let rest = limit - elapsed
        return rest > .zero ? min(window, rest) : nil
    }
}

extension Agent {
    /// Waits for other certificates that change, so that one batch reloads the servers once.
    ///
    /// At the end of each window the certificates that had not changed are asked for again; when
    /// one has, another window begins. Nothing waits where a certificate is to be installed for
    /// the first time: no service may start late for a reload saved.
    ///
    /// - Returns: The observations to act on, those that came later at their end.
    func gather(
        _ first: [Observation],
        _ coalescing: Coalescing
    ) async throws -> [Observation] {
        var observations = first
        var changed = try changing(observations)
        guard !changed.isEmpty else { return observations }
        let start = ContinuousClock.now
        while let pause = coalescing.pause(after: .now - start) {
            let others = settings.certificates.filter { !changed.contains($0.name) }
            guard !others.isEmpty else { break }
            logger.info(
                "waiting for other changes",
                metadata: [
                    "certificates": "\(changed.sorted().joined(separator: " "))", "for": "\(pause)",
                ]
            )
            try await Task.sleep(for: pause)
            heartbeat.beat()
            let later = try await observe(others)
            let names = Set(later.map(\.certificate.name))
            observations = observations.filter { !names.contains($0.certificate.name) } + later
            let now = try changing(observations)
            guard now.count > changed.count else { break }
            changed = now
        }
        return observations
    }

    /// The certificates that would go from one version to another; none if one would be installed
    /// for the first time.
    private func changing(_ observations: [Observation]) throws -> Set<String> {
        var names: Set<String> = []
        for report in try rehearse(observations).certificates {
            guard case .wouldDeploy(let previous) = report.verdict else { continue }
            guard previous != nil else { return [] }
            names.insert(report.name)
        }
        return names
    }
}
