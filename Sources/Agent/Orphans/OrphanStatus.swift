import Foundation
import History
import PKI
import Sensitive
import Store
import SystemPackage

/// What is on disk and in no settings any more, as `kvagent status --json` has it.
package struct OrphanStatus: Sendable, Encodable {
    package struct Target: Sendable, Encodable {
        package var path: String

        /// `link` or `copy`.
        package var kind: String
    }

    package var name: String

    /// The certificate's own directory; null where the settings name that, or nothing is left of it.
    @OrNull package var directory: String?

    /// The versions that lie there.
    package var versions: [String]

    /// Of the version that is live there.
    @OrNull package var notAfter: Date?

    /// Its links and copies that no entry names.
    package var targets: [Target]

    /// Why the directory can't be looked at.
    @OrNull package var problem: String?
}

extension OrphanStatus {
    /// Everything that is orphaned; changes nothing and needs no lock.
    ///
    /// - Throws: `HistoryError`.
    package static func all(_ settings: Settings, history: History?) throws -> [OrphanStatus] {
        try OrphanSearch(settings, history: history).orphans().map { orphan in
            try OrphanStatus(orphan, history: history)
        }
    }

    init(_ orphan: Orphan, history: History?) throws {
        var notAfter: Date?
        if let current = orphan.current {
            notAfter =
                try history?.version(current, of: orphan.certificate)?.notAfter
                ?? orphan.notAfterOnDisk(current)
        }
        self.init(
            name: orphan.certificate,
            directory: orphan.directory?.string,
            versions: orphan.versions,
            notAfter: notAfter,
            targets: orphan.targets.map { Target(path: $0.path, kind: $0.kind.rawValue) },
            problem: orphan.problem?.description
        )
    }

    /// That it is there, and how it goes away.
    var finding: HealthFinding {
        var places: [String] = []
        if let directory {
            let count = versions.count == 1 ? "1 version" : "\(versions.count) versions"
            let end = notAfter.map { ", valid until \($0.formatted(.rfc3339))" } ?? ""
            places.append("\(directory) (\(problem ?? count + end))")
        }
        places += targets.map(\.path)
        return HealthFinding(
            .ok,
            name,
            "no longer in the settings: \(places.joined(separator: ", ")); to remove it: kvagent prune \(name)"
        )
    }
}

extension Orphan {
    /// The end of a version's validity by its file, where the history doesn't know it.
    fileprivate func notAfterOnDisk(_ version: String) -> Date? {
        guard let location else { return nil }
        // A file that is no certificate has no such date, and what is orphaned is told all the same.
        let bytes = try? CertificateStore(root: location)
            .read("cert.pem", of: certificate, version: version)
        guard let bytes else { return nil }
        let text = unsafe bytes.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        return try? InstalledChain(certificate: text, chain: "", bundle: nil).leaf.notAfter
    }
}
