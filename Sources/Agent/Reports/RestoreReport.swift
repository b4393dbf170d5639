import Foundation
import History
import Store
import SystemPackage

/// The answer of `kvagent history restore --json`.
package struct RestoreReport: Sendable, Encodable {
    /// What was restored from.
    package var file: String

    /// Where the history lies that was in use until now; null where there was none.
    @OrNull package var setAside: String?

    /// Each certificate in the settings.
    package var certificates: [RestoredCertificate]
}

/// What the restored history says of one certificate, beside what is live.
package struct RestoredCertificate: Sendable, Encodable {
    package var name: String

    /// The live version; null where none is.
    @OrNull package var current: String?

    /// Whether the restored history knows the live version.
    package var isOnRecord: Bool

    /// The version that the restored history holds the certificate on.
    @OrNull package var pinnedTo: String?
}

extension RestoreReport {
    /// Puts a backup in the place of the history, under the lock, and looks what it comes to.
    ///
    /// What is live isn't touched. A live version that the restored history doesn't know is put on
    /// record by the next pass; where a restored pin is on another version, the next pass makes
    /// that one live.
    ///
    /// - Parameters:
    ///   - file: The backup.
    ///   - settings: Whose history is replaced.
    ///   - now: For the name of what is set aside, and for pins.
    /// - Returns: What was done, and what is to be known.
    /// - Throws: `HistoryError` when the file is no history that can be restored, `LockError`,
    ///   ``SettingsError``; then nothing is changed.
    package static func restore(
        from file: String,
        _ settings: Settings,
        now: Date = Date()
    ) async throws -> RestoreReport {
        try settings.makeDirectories()
        let lock = try await ProcessLock.acquire(at: settings.lockFile, within: .seconds(10))
        let setAside = try History.restore(
            from: file,
            to: settings.historyFile.string,
            now: now
        )
        // Brings a backup of an earlier kvagent up to date.
        let history = try History.open(at: settings.historyFile.string, digest: .sha256)
        let certificates = try settings.certificates.map { certificate in
            let current = try CertificateStore(root: certificate.storeLocation)
                .currentVersion(of: certificate.name)
            return RestoredCertificate(
                name: certificate.name,
                current: current,
                isOnRecord: try current.map {
                    try history.version($0, of: certificate.name) != nil
                } ?? true,
                pinnedTo: try history.pin(of: certificate.name).flatMap {
                    $0.holds(at: now) ? $0.version : nil
                }
            )
        }
        lock.release()
        return RestoreReport(file: file, setAside: setAside, certificates: certificates)
    }
}
