import Foundation
import History
import Logging
import PKI
import Sensitive
import Store
import SystemPackage

extension Agent {
    /// Compares what is live with what was put there, and does about it what `policy.drift` says.
    ///
    /// What only differs because the settings were changed is put right whatever the policy.
    ///
    /// - Parameters:
    ///   - certificate: The certificate; its newest version isn't deployed in this pass.
    ///   - live: What is known of the version that is live.
    ///   - offer: What came from the vault; nil where it gave no answer.
    /// - Returns: What has to be deployed anew, with its hooks; nil where nothing has.
    /// - Throws: A `StoreError` when the files can't be read, or be put right; `HistoryError`.
    func settleDrift(
        of certificate: ObservedCertificate,
        _ live: LiveEvidence,
        offer: Observation.Offer?
    ) throws -> Candidate? {
        guard let record = live.record, !record.files.isEmpty else { return nil }
        let drift = try drift(of: certificate, record, live.placement, found: offer?.liveFiles)
        if certificate.formats.contains(.pkcs12), let path = certificate.pkcs12.passwordFile {
            // Nothing needs it now, but the next version will: better said before.
            _ = try PasswordFile(path: path).read()
        }
        switch certificate.policy.drift {
        case .heal:
            if drift.concernsReaders { return try healing(drift, record, certificate, offer) }
            guard !drift.isEmpty || drift.isOutdated else { return nil }
            try keepAccess(record, of: certificate)
            if !drift.isEmpty { try noteHealed(drift, version: record.version, of: certificate) }
        case .warn:
            if drift.isOutdated { try keepAccess(record, of: certificate) }
            guard !drift.isEmpty else { return nil }
            try noteOnce(
                .held,
                "drift: \(drift.description)",
                version: record.version,
                of: certificate,
                trigger: .drift
            )
        case .ignore:
            if drift.isOutdated { try keepAccess(record, of: certificate) }
        }
        return nil
    }

    /// How what is live differs from what was put there.
    ///
    /// - Parameters:
    ///   - certificate: The certificate.
    ///   - record: What is on record of the version that is live.
    ///   - placement: What its files were given last.
    ///   - found: How its files were found in this pass; what was right then isn't looked at again.
    /// - Returns: The differences, in words.
    /// - Throws: `StoreError`, `HistoryError`.
    func drift(
        of certificate: ObservedCertificate,
        _ record: VersionRecord,
        _ placement: PlacementRecord?,
        found: LiveFiles? = nil
    ) throws -> LiveDrift {
        let name = certificate.name
        let version = record.version
        var drift = LiveDrift()
        let isAsWritten = placement?.access == certificate.filesInWords
        let found = found?.version == version ? found : nil
        if isAsWritten, found?.standing == .asPlaced {
            // Nothing about the files is amiss.
        } else if let stored = try store(of: certificate).open(version: version, of: name) {
            if found == nil || found?.standing == .damaged {
                drift.contents = try changes(of: stored, certificate, record)
            }
            let names = certificate.fileNames(record)
            let access = try stored.accessDrift(
                of: names.sorted().map { VersionFile(stored: $0, SensitiveBytes(copying: [])) },
                access: ResolvedAccess(certificate.access)
            )
            if isAsWritten { drift.access = access }
            drift.isOutdated = try !isAsWritten || stored.hasFiles(besides: names)
        } else {
            drift.contents = record.files.keys.sorted().map { "\($0) is gone" }
            drift.isOutdated = !isAsWritten
        }
        try look(at: certificate, version: version, &drift)
        return drift
    }

    /// What of a version isn't what was written, by file.
    private func changes(
        of stored: borrowing StoredVersion,
        _ certificate: ObservedCertificate,
        _ record: VersionRecord
    ) throws -> [String] {
        var changes: [String] = []
        var files: [VersionFile] = []
        for (file, digest) in record.files.sorted(by: { $0.key < $1.key }) {
            let bytes: SensitiveBytes?
            do {
                bytes = try stored.read(file)
            } catch {
                changes.append("\(file) \(error.cause)")
                continue
            }
            if let bytes, sha256Hex(bytes) == digest {
                files.append(VersionFile(stored: file, bytes))
            } else {
                changes.append("\(file) \(bytes == nil ? "is gone" : "was changed")")
            }
        }
        guard changes.isEmpty else { return changes }
        return try misplacedFormats(files, version: record.version, of: certificate).map {
            "\($0) is not what it should be"
        }
    }

    /// Looks at the targets, of which those that the agent hasn't made yet are no drift.
    private func look(
        at certificate: ObservedCertificate,
        version: String,
        _ drift: inout LiveDrift
    ) throws {
        guard !certificate.allTargets.isEmpty else { return }
        let known = Set(try history.targets(of: certificate.name).map(\.path))
        for target in certificate.allTargets {
            let text: String
            switch target.kind {
            case .link:
                if try store(of: certificate).isLinked(target, to: certificate.name) { continue }
                text = "\(target.path) is gone or leads elsewhere"
            case .copy:
                // Where the version's own file is damaged, so much is said already.
                guard
                    let file = try? versionFile(target.file, of: certificate, version: version)
                else { continue }
                switch try store(of: certificate).copyStanding(of: target, file) {
                case .right: continue
                case .otherAccess: text = "\(target.path) has another owner, mode or ACL"
                case .missing: text = "\(target.path) is gone"
                case .changed: text = "\(target.path) was changed"
                }
                if !text.hasSuffix("ACL"), known.contains(target.path.string) {
                    drift.hasChangedCopies = true
                }
            }
            if known.contains(target.path.string) {
                drift.targets.append(text)
            } else {
                drift.isOutdated = true
            }
        }
    }

    /// What makes the live version whole again, with hooks for those who read it meanwhile.
    private func healing(
        _ drift: LiveDrift,
        _ record: VersionRecord,
        _ certificate: ObservedCertificate,
        _ offer: Observation.Offer?
    ) throws -> Candidate? {
        let files: [VersionFile]
        if case .certificate(let fetched) = offer?.fetched(record.version)?.content {
            files = fetched
        } else if let stored = try storedFiles(record, of: certificate) {
            files = stored
        } else if offer == nil {
            // The vault is away, which the poll says; the next one mends it.
            return nil
        } else {
            throw StoreError(
                operation: "mend",
                path: store(of: certificate).versionDirectory(
                    of: certificate.name,
                    version: record.version
                ).string,
                cause: "\(drift.description), and the vault doesn't give this version",
                hint: "see whether it is disabled or was purged there"
            )
        }
        return Candidate(
            certificate: certificate,
            record: record,
            files: files,
            previous: record.version,
            trigger: .drift,
            reason: drift.description
        )
    }

    /// The row of what was put right with no need for hooks.
    private func noteHealed(
        _ drift: LiveDrift,
        version: String,
        of certificate: ObservedCertificate
    ) throws {
        let now = Date()
        _ = try history.recordRefusal(
            NewDeployment(
                certificate: certificate.name,
                version: version,
                trigger: .drift,
                actor: actor,
                reason: drift.description,
                startedAt: now,
                previousVersion: version,
                runID: runID
            ),
            outcome: .deployed,
            reason: drift.description,
            error: nil,
            at: now
        )
        logger.notice(
            .notable(.healed),
            metadata: [
                "certificate": "\(certificate.name)", "version": "\(version)",
                "reason": "\(drift.description)",
            ]
        )
    }
}

extension ObservedCertificate {
    /// The names of the files that a version of it has.
    func fileNames(_ record: VersionRecord) -> Set<String> {
        Set(record.files.keys).union(allFormats.flatMap { $0.fileNames(of: name) })
    }

    /// The access of its files and their formats, to be compared with what they were given last.
    var filesInWords: String {
        let formats = allFormats.map(\.rawValue).sorted()
        return access.words + (formats.isEmpty ? "" : "; \(formats.joined(separator: ", "))")
    }
}
