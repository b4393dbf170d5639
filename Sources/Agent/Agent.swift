import AzureIdentity
import Foundation
import HTTP
import History
import Hooks
import KeyVault
import Logging
import Store
import SystemPackage

/// Keeps what is installed equal to what the vaults hold.
///
/// One agent has one set of settings; a reload makes another. The daemon and the commands are
/// separate processes with an agent each: the history and the store are all that they share, and
/// whoever changes something holds the lock.
package struct Agent: Sendable {
    package let settings: Settings
    package let history: History

    /// Who acts, for the history: `daemon`, or the user behind a command.
    package let actor: String

    /// Marks the rows of one pass or command as belonging together.
    let runID: String
    let watcher: VaultWatcher

    /// When this host polls.
    let splay: Splay
    let runner: HookRunner
    let logger: Logger

    /// Where a damaged history lies since this one was begun in its place; nil where it was whole.
    package private(set) var damagedHistory: String?
    /// Told of every step, for the service manager.
    let heartbeat: Heartbeat

    /// When the stores are looked through for what killed runs have left.
    private let search: LeftoverSearch

    /// Opens the history and prepares the directories.
    ///
    /// A damaged history is set aside, with an error in the log: certificates must be renewed all
    /// the same, and what is live needs no history.
    ///
    /// - Parameters:
    ///   - settings: What it is to do.
    ///   - actor: Who acts, for the history.
    ///   - logger: Where to tell what it does.
    ///   - heartbeat: Told of every step.
    ///   - opened: The history before, where this one takes its place.
    ///   - gates: What the vaults allow; a daemon has the same from one agent to the next.
    /// - Returns: An agent that has asked nothing yet.
    /// - Throws: ``SettingsError`` when a directory of the settings can't be written,
    ///   `HistoryError` when the database can't be used.
    package static func open(
        _ settings: Settings,
        actor: String,
        logger: Logger,
        heartbeat: Heartbeat = .none,
        after opened: History? = nil,
        gates: VaultGates = VaultGates(.brief)
    ) throws -> Agent {
        try settings.makeDirectories()
        let (history, damagedHistory) = try History.openSettingAsideDamage(
            at: settings.historyFile.string,
            now: Date(),
            digest: .sha256,
            after: opened
        )
        if let damagedHistory {
            logger.error(
                "history was damaged, a new one is begun without its pins and refusals",
                metadata: ["setAside": "\(damagedHistory)"]
            )
        }
        let http = HTTPClient(
            caBundle: settings.cloud.caBundle,
            userAgent: "kvagent/\(kvagentVersion)"
        )
        let splay = Splay.ofThisHost()
        let watcher = VaultWatcher(
            http: http,
            tokens: TokenCache(http: http, surroundings: settings.identitySurroundings),
            cloud: settings.cloud,
            gates: gates,
            splay: splay
        )
        return Agent(
            settings: settings,
            history: history,
            actor: actor,
            runID: RunID.next(),
            watcher: watcher,
            splay: splay,
            runner: HookRunner(settings.hooks.runner, properties: settings.hooks.properties),
            logger: logger,
            damagedHistory: damagedHistory,
            heartbeat: heartbeat,
            search: LeftoverSearch()
        )
    }

    /// The same agent with rows of its own in the history.
    package func nextRun() -> Agent {
        Agent(
            settings: settings,
            history: history,
            actor: actor,
            runID: RunID.next(),
            watcher: watcher,
            splay: splay,
            runner: runner,
            logger: logger,
            heartbeat: heartbeat,
            search: search
        )
    }

    /// Makes the stores that are missing, and clears what a crash left in them; to be called with
    /// the lock held, for to anyone else work in progress looks like leftovers.
    ///
    /// A store that can't be prepared fails its own certificates when they are staged, and stops
    /// no others.
    ///
    /// - Parameter isSearched: Whether a crash may have left something.
    private func prepareStores(searching isSearched: Bool) {
        if isSearched {
            let copies = settings.certificates.flatMap(\.allTargets).filter { $0.kind != .link }
            do {
                try CertificateStore.removeLeftovers(beside: copies)
            } catch {
                logger.warning("leftovers can't be removed", metadata: ["error": "\(error)"])
            }
        }
        for (location, _) in settings.storeLocations() {
            do {
                try CertificateStore(root: location).prepare(searching: isSearched)
            } catch {
                logger.error("store can't be prepared", metadata: ["error": "\(error)"])
            }
        }
    }

    func store(of certificate: ObservedCertificate) -> CertificateStore {
        CertificateStore(root: certificate.storeLocation)
    }

    /// The hooks as they lie there now, the settings' own among them.
    func hookCatalog() -> HookCatalog { settings.hookCatalog() }

    /// Runs `body` with the lock that every change is made under.
    ///
    /// - Throws: `LockError` when another process keeps it longer than `patience`, `HistoryError`
    ///   when the history's file is not the one that was opened.
    package func withLock<Result: Sendable>(
        patience: Duration = .seconds(10),
        _ body: () async throws -> Result
    ) async throws -> Result {
        // A hook that calls kvagent would wait for its own parent; told at once, it can say so.
        let insideHook = ProcessInfo.processInfo.environment["KVAGENT_RUN_ID"] != nil
        let lock = try await ProcessLock.acquire(
            at: settings.lockFile,
            within: insideHook ? .zero : patience
        )
        try history.checkInPlace()
        prepareStores(searching: search.isDue(afterDeath: lock.followsDeath))
        let result = try await body()
        lock.release()
        return result
    }
}

extension Settings {
    package var historyFile: FilePath { stateDirectory.appending("history.db") }
    package var lockFile: FilePath { stateDirectory.appending("lock") }

    /// What the machine says of identities, in the cloud of the settings.
    var identitySurroundings: IdentitySurroundings {
        IdentitySurroundings(
            authorityHost: cloud.authorityHost,
            readCertificate: {
                (pem) throws(ClientCertificate.Problem) in
                try ClientCertificate(pem: pem)
            }
        )
    }

    /// The entry of that name.
    package func certificate(named name: String) -> ObservedCertificate? {
        certificates.first { $0.name == name }
    }
}
