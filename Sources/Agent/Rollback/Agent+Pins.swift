import Foundation
import History
import KeyVault
import Logging
import Store

extension Agent {
    /// Holds the current version: later polls record new ones and don't deploy them.
    ///
    /// - Throws: ``Refusal`` when nothing is live yet, `HistoryError`, `LockError`, `StoreError`.
    package func pin(
        _ name: String,
        reason: String?,
        until: Date?
    ) async throws -> Pin {
        let certificate = try certificate(named: name)
        return try await withLock {
            guard let current = try store(of: certificate).currentVersion(of: name) else {
                throw Refusal("\"\(name)\" has no current version to pin", hint: "run kvagent sync")
            }
            let pin = Pin(
                certificate: name,
                version: current,
                reason: reason,
                actor: actor,
                at: Date(),
                until: until
            )
            try history.register(
                certificate: name,
                url: certificate.url.description,
                at: Date()
            )
            try history.setPin(pin)
            logger.notice(
                "certificate pinned",
                metadata: ["certificate": "\(name)", "version": "\(current)"]
            )
            return pin
        }
    }

    /// Lets the next poll deploy the newest version again.
    ///
    /// - Returns: The hold that was lifted.
    /// - Throws: ``Refusal`` when there is none, `HistoryError`, `LockError`.
    package func unpin(_ name: String) async throws -> Pin {
        let certificate = try certificate(named: name)
        return try await withLock {
            guard let pin = try history.removePin(of: certificate.name, by: actor) else {
                throw Refusal("\"\(name)\" is not pinned")
            }
            logger.notice("certificate unpinned", metadata: ["certificate": "\(name)"])
            return pin
        }
    }

    /// Forgets that versions of a certificate were refused, so that the next poll tries again, and
    /// the hooks that it owes and that aren't there any more.
    ///
    /// - Returns: How many refusals were cleared, and the names of the hooks.
    /// - Throws: ``Refusal`` for an unknown name, `HistoryError`, `LockError`.
    package func retry(_ name: String) async throws -> (refusals: Int, hooks: [String]) {
        let certificate = try certificate(named: name)
        return try await withLock {
            let catalog = hookCatalog()
            let gone = try history.owedHooks(of: name).filter {
                $0.phase != OwedHook.verifyPhase && catalog.hook(owed: $0) == nil
            }
            for debt in gone { try history.settle(debt) }
            let count = try history.clearRefusals(of: certificate.name, at: Date(), actor: actor)
            return (count, gone.map(\.hook))
        }
    }

    func certificate(named name: String) throws(Refusal) -> ObservedCertificate {
        guard let certificate = settings.certificate(named: name) else {
            throw .unknownCertificate(name, among: settings.certificates.map(\.name))
        }
        return certificate
    }
}
