import History
import PKI
import Sensitive
import Store

/// How a pass has found the files of a live version.
struct LiveFiles: Sendable {
    enum Standing: Sendable {
        /// A file is gone or isn't what was recorded, or one of another format isn't right.
        case damaged
        /// Every file can be read as it was recorded, with the files of other formats beside.
        case intact
        /// Intact, with the owner, group, mode and ACL that the settings ask for, and without other
        /// files among them.
        case asPlaced
    }

    let version: String
    let standing: Standing
}

extension Agent {
    /// Reads the files of the version that is live; one that isn't on record counts as intact when
    /// its directory is there.
    ///
    /// - Returns: How they were found; nil where nothing is live.
    /// - Throws: A `StoreError` where a file can't be read.
    func liveFiles(
        _ live: LiveEvidence,
        of certificate: ObservedCertificate
    ) throws -> LiveFiles? {
        guard let version = live.version else { return nil }
        return LiveFiles(
            version: version,
            standing: try standing(of: version, live.record, of: certificate)
        )
    }

    private func standing(
        of version: String,
        _ record: VersionRecord?,
        of certificate: ObservedCertificate
    ) throws -> LiveFiles.Standing {
        guard let record, !record.files.isEmpty else {
            let versions = try store(of: certificate).versions(of: certificate.name)
            return versions.contains(version) ? .intact : .damaged
        }
        guard
            let stored = try store(of: certificate).open(version: version, of: certificate.name)
        else { return .damaged }
        // Why it can't be had is told where it is compared under the lock.
        let access = try? ResolvedAccess(certificate.access)
        var isAsPlaced = access != nil
        var files: [VersionFile] = []
        for (name, digest) in record.files {
            let isSecret = VersionFile.isSecret(name)
            guard let file = try stored.read(name, isSecret: isSecret, access: access),
                sha256Hex(file.bytes) == digest
            else { return .damaged }
            isAsPlaced = isAsPlaced && file.hasAccess
            files.append(VersionFile(stored: name, file.bytes))
        }
        guard try misplacedFormats(files, version: version, of: certificate).isEmpty else {
            return .damaged
        }
        guard isAsPlaced, let access,
            try !stored.hasFiles(besides: certificate.fileNames(record))
        else { return .intact }
        let formats = certificate.allFormats.flatMap { $0.fileNames(of: certificate.name) }.map {
            VersionFile(stored: $0, SensitiveBytes(copying: []))
        }
        let drift = try stored.accessDrift(of: formats, access: access)
        return drift.isEmpty ? .asPlaced : .intact
    }
}
