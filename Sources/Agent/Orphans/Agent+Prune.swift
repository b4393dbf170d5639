import Foundation
import History
import Logging
import Store
import SystemPackage

extension Agent {
    /// Removes what is on disk of certificates and targets that the settings no longer name.
    ///
    /// Targets go before the versions that links lead to, and each row of the history after what it
    /// speaks of: a crash leaves rows of what is gone, and the next run finishes. Deployments and
    /// versions stay on record.
    ///
    /// - Parameters:
    ///   - names: The certificates; all orphans without any.
    ///   - isRehearsal: Say what would be removed, and change nothing.
    /// - Returns: What became of each.
    /// - Throws: ``Refusal`` for a name of the settings or one that was never there, `HistoryError`,
    ///   `LockError`. What can't be removed is in the report, and stops nothing else.
    package func prune(_ names: [String], isRehearsal: Bool = false) async throws -> PruneReport {
        guard !isRehearsal else {
            return PruneReport(
                dryRun: true,
                orphans: try orphans(named: names).map(rehearsePruning)
            )
        }
        return try await withLock {
            PruneReport(dryRun: false, orphans: try orphans(named: names).map(prune))
        }
    }

    private func orphans(named names: [String]) throws -> [Orphan] {
        let orphans = try OrphanSearch(settings, history: history).orphans()
        guard !names.isEmpty else { return orphans }
        let orphaned = Set(orphans.map(\.certificate))
        for name in names where !orphaned.contains(name) {
            if settings.certificate(named: name) != nil {
                throw Refusal(
                    "\"\(name)\" is in the settings, and nothing of it is orphaned",
                    hint:
                        "to remove it, take its entry out of the settings first and reload the daemon"
                )
            }
            // One that is on record was there once, and is gone as it should be.
            guard try history.live(at: Date(), of: name).isEmpty else { continue }
            throw Refusal(
                "no certificate \"\(name)\" is orphaned",
                hint: orphaned.isEmpty
                    ? "nothing is"
                    : "orphaned are \(orphaned.sorted().prefix(20).joined(separator: ", "))"
            )
        }
        return orphans.filter { names.contains($0.certificate) }
    }

    private func prune(_ orphan: Orphan) throws -> PrunedOrphan {
        var pruned = PrunedOrphan(orphan)
        do {
            if let reason = try whyStillNeeded(orphan) {
                pruned.errors.append(reason)
                return pruned
            }
        } catch {
            pruned.errors.append(error.explained)
            return pruned
        }
        for target in orphan.targets {
            do {
                let written = WrittenBytes(of: target, in: try stores(of: target))
                let remains = try former(target)
                    .remove { (bytes) throws(StoreError) in try written.contain(bytes) }
                pruned.note(remains, of: target)
                try history.forgetTarget(at: target.path)
            } catch let error as StoreError {
                pruned.errors.append(error.explained)
            }
        }
        if let location = orphan.location {
            do {
                try removeDirectory(of: orphan, in: location, &pruned)
                try history.forgetPlacement(of: orphan.certificate, in: location.string)
            } catch let error as StoreError {
                pruned.errors.append(error.explained)
            }
        }
        if settings.certificate(named: orphan.certificate) == nil,
            try !history.owedHooks(of: orphan.certificate).isEmpty
        {
            try history.settleOwedHooks(of: orphan.certificate, except: nil)
        }
        log(pruned)
        return pruned
    }

    private func removeDirectory(
        of orphan: Orphan,
        in location: FilePath,
        _ pruned: inout PrunedOrphan
    ) throws(StoreError) {
        let store = CertificateStore(root: location)
        try store.removeLeftovers()
        if orphan.hasVersions {
            pruned.note(orphan, leaving: try store.remove(orphan.certificate))
        } else {
            pruned.note(orphan, leaving: try store.strangers(beside: orphan.certificate))
        }
    }

    /// What ``prune(_:)`` would do.
    private func rehearsePruning(_ orphan: Orphan) -> PrunedOrphan {
        var pruned = PrunedOrphan(orphan)
        do {
            if let reason = try whyStillNeeded(orphan) {
                pruned.errors.append(reason)
                return pruned
            }
        } catch {
            pruned.errors.append(error.explained)
            return pruned
        }
        for target in orphan.targets {
            do {
                let written = WrittenBytes(of: target, in: try stores(of: target))
                let remains = try former(target)
                    .remains { (bytes) throws(StoreError) in try written.contain(bytes) }
                pruned.note(remains, of: target)
            } catch {
                pruned.errors.append((error as? StoreError)?.explained ?? "\(error)")
            }
        }
        guard let location = orphan.location else { return pruned }
        do {
            pruned.note(
                orphan,
                leaving: try CertificateStore(root: location)
                    .strangers(beside: orphan.certificate)
            )
        } catch {
            pruned.errors.append(error.explained)
        }
        return pruned
    }

    /// Why a directory can't go yet: servers may read it until a pass has put its successor in its
    /// place.
    private func whyStillNeeded(_ orphan: Orphan) throws(StoreError) -> String? {
        guard orphan.current != nil, let location = orphan.location,
            let directory = orphan.directory
        else { return nil }
        if let certificate = settings.certificate(named: orphan.certificate),
            LiveLink(of: certificate).version == nil
        {
            return
                "remove \(directory): nothing is live in \(certificate.ownDirectory) yet; run kvagent sync \(certificate.name) first"
        }
        for certificate in settings.certificates {
            for target in certificate.allTargets where target.kind == .link {
                let link = FormerTarget(
                    path: target.path,
                    kind: .link(to: orphan.certificate, roots: [location])
                )
                guard try link.remains(isWritten: { _ in false }) == .ours else { continue }
                return
                    "remove \(directory): \(target.path) still leads there; run kvagent sync \(certificate.name) first"
            }
        }
        return nil
    }

    private func former(_ target: TargetRecord) throws(HistoryError) -> FormerTarget {
        FormerTarget(
            path: FilePath(target.path),
            kind: target.kind == .copy
                ? .copy : .link(to: target.certificate, roots: try stores(of: target).map(\.root))
        )
    }

    /// The stores that the certificate of a target has been in, today's among them.
    private func stores(of target: TargetRecord) throws(HistoryError) -> [CertificateStore] {
        let earlier = try history.placements().filter { $0.certificate == target.certificate }
            .map { FilePath($0.location) }
        let today = settings.storeLocations().map(\.0)
        return (earlier + today.filter { !earlier.contains($0) }).map(CertificateStore.init)
    }

    private func log(_ pruned: PrunedOrphan) {
        if !pruned.removed.isEmpty {
            logger.notice(
                "orphan removed",
                metadata: [
                    "certificate": "\(pruned.name)",
                    "paths": "\(pruned.removed.joined(separator: " "))",
                ]
            )
        }
        for error in pruned.errors {
            logger.warning(
                "orphan not removed",
                metadata: ["certificate": "\(pruned.name)", "error": "\(error)"]
            )
        }
    }
}

extension PrunedOrphan {
    init(_ orphan: Orphan) {
        self.init(
            name: orphan.certificate,
            directory: orphan.directory?.string,
            versions: orphan.versions
        )
    }

    fileprivate mutating func note(_ remains: FormerTarget.Remains, of target: TargetRecord) {
        switch remains {
        case .nothing: break
        case .ours: removed.append(target.path)
        case .foreign:
            left.append(
                Leftover(
                    path: target.path,
                    reason: target.kind == .copy
                        ? "it is not what the agent has written there"
                        : "it is not the link that the agent has made there"
                )
            )
        }
    }

    /// Notes the directory, which goes, or the versions in it where something of others stays.
    fileprivate mutating func note(_ orphan: Orphan, leaving strangers: [FilePath]) {
        left += strangers.map {
            Leftover(path: $0.string, reason: "the agent has not put it there")
        }
        guard let directory = orphan.directory, orphan.hasVersions else { return }
        guard !strangers.isEmpty else {
            removed.append(directory.string)
            return
        }
        let versions = directory.appending("versions")
        if orphan.current != nil { removed.append(directory.appending("current").string) }
        removed += orphan.versions.map { versions.appending($0).string }
    }
}
