import Foundation
import History
import Hooks
import KeyVault
import Store

/// What a rollback did, or would do.
package struct RollbackReport: Sendable {
    package let certificate: String
    package let from: String?
    package let to: VersionRecord

    /// Whether the files have to come from the vault again, because those on disk are gone or
    /// are not what was recorded.
    package let isFetched: Bool

    /// The hooks that run, in their order.
    package let hooks: [String]

    /// Nil for a rehearsal.
    package let result: DeploymentResult?
}

/// A rollback as the operator asks for it.
package struct RollbackRequest: Sendable {
    package var certificate: String
    package var target: RollbackTarget
    package var reason: String?

    /// Go back to a version that has expired, too.
    package var isForced: Bool
    package var isRehearsal: Bool

    package init(
        certificate: String,
        target: RollbackTarget = .lastGood,
        reason: String? = nil,
        isForced: Bool = false,
        isRehearsal: Bool = false
    ) {
        self.certificate = certificate
        self.target = target
        self.reason = reason
        self.isForced = isForced
        self.isRehearsal = isRehearsal
    }
}

extension Agent {
    /// Makes an earlier version live again, through the same phases as any deployment, and pins it.
    ///
    /// The pin is written before the switch: were it written after, a crash between the two would
    /// let the next poll undo the rollback. If the rollback fails, the pin that was there before
    /// comes back.
    ///
    /// - Throws: ``Refusal``, `VaultError` when the files have to be fetched and can't be,
    ///   `StoreError`, `HistoryError`, `LockError`.
    package func rollback(_ request: RollbackRequest) async throws -> RollbackReport {
        let certificate = try certificate(named: request.certificate)
        if !request.isRehearsal { _ = try await withLock { try await recover() } }
        let record = try target(of: request, certificate: certificate)
        var files = try storedFiles(record, of: certificate)
        let isFetched = files == nil
        if isFetched, !request.isRehearsal {
            files = try await refetch(record, of: certificate)
        }
        let current = try store(of: certificate).currentVersion(of: certificate.name)
        let catalog = hookCatalog()
        var result: DeploymentResult?
        if !request.isRehearsal {
            result = try await withLock {
                try await switchBack(request, to: record, files: files, of: certificate)
            }
        }
        return RollbackReport(
            certificate: certificate.name,
            from: current,
            to: record,
            isFetched: isFetched,
            hooks: [.check, .deploy, .reload].flatMap {
                catalog.hooks($0, for: certificate.name).map(\.name)
            } + certificate.verifications.map(\.name),
            result: result
        )
    }

    private func target(
        of request: RollbackRequest,
        certificate: ObservedCertificate
    ) throws -> VersionRecord {
        let deployments = try history.deployments(
            HistoryFilter(certificate: certificate.name, outcome: .deployed)
        )
        // In the order in which they first went live: a version that was rolled back to is still
        // as old as it was, so a second rollback goes further back and not forward again.
        var deployed: [String] = []
        for deployment in deployments.reversed() where !deployed.contains(deployment.version) {
            deployed.append(deployment.version)
        }
        // What the oldest on record took the place of was live too, though a history that was begun
        // anew has no row of its own for it.
        if let first = deployments.last?.previousVersion, !deployed.contains(first) {
            deployed.insert(first, at: 0)
        }
        let record = try request.target.resolve(
            current: try store(of: certificate).currentVersion(of: certificate.name),
            versions: try history.versions(of: certificate.name).filter { $0.thumbprint != nil },
            deployed: deployed
        )
        if let notAfter = record.notAfter, notAfter <= Date(), !request.isForced {
            throw Refusal(
                "version \(record.version) expired on \(notAfter.formatted(.rfc3339))",
                hint: "give --force to go back to it all the same"
            )
        }
        return record
    }

    /// The files of a recorded version from the vault, refused unless they are the very same.
    private func refetch(
        _ record: VersionRecord,
        of certificate: ObservedCertificate
    ) async throws -> [VersionFile] {
        let fetched = try await fetch(record.version, of: certificate)
        switch fetched.content {
        case .certificate(let files, _):
            guard fetched.record.sha256 == record.sha256 else {
                throw Refusal(
                    "the vault's version \(record.version) is not the certificate on record: sha256 \(fetched.record.sha256 ?? "none") instead of \(record.sha256 ?? "none")"
                )
            }
            return files
        case .unusable(let error):
            throw Refusal("the vault's version \(record.version) can't be used: \(error)")
        case .plainSecret:
            throw Refusal("the vault's version \(record.version) is no certificate")
        }
    }

    private func switchBack(
        _ request: RollbackRequest,
        to record: VersionRecord,
        files: [VersionFile]?,
        of certificate: ObservedCertificate
    ) async throws -> DeploymentResult? {
        let previous = try store(of: certificate).currentVersion(of: certificate.name)
        let earlierPin = try history.pin(of: certificate.name)
        try history.setPin(
            Pin(
                certificate: certificate.name,
                version: record.version,
                reason: request.reason ?? "rollback",
                actor: actor,
                at: Date(),
                until: nil
            )
        )
        let candidate = Candidate(
            certificate: certificate,
            record: record,
            files: files,
            previous: previous,
            trigger: .rollback,
            reason: request.reason
        )
        let result = try await deploy([candidate], catalog: hookCatalog()).first
        if result?.outcome != .deployed {
            if let earlierPin {
                try history.setPin(earlierPin)
            } else {
                try history.removePin(of: certificate.name, by: actor)
            }
        }
        return result
    }
}
