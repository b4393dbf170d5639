import AzureIdentity
import Foundation
import History
import KeyVault
import PKI
import Store

/// What the vault said about one certificate in one pass; nothing is changed by it yet.
///
/// An error is a `VaultError`, or a `StoreError` when it can't be told what is live.
struct Observation: Sendable {
    let certificate: ObservedCertificate
    let at: Date
    let result: Result<Offer, any Error>

    /// The newest version, and what was fetched because it was new or its files are missing.
    struct Offer: Sendable {
        let newest: String
        var fetched: [Fetched]

        /// How the files of the live version were found when the vault was asked; nil where nobody
        /// has looked.
        var liveFiles: LiveFiles?

        /// What was fetched of a version.
        func fetched(_ version: String) -> Fetched? {
            fetched.first { $0.record.version == version }
        }
    }
}

extension Agent {
    /// How many certificates of a vault are being asked about at once.
    ///
    /// Enough to have one ready for each request that the vault takes at once (`VaultPace`), and
    /// few enough that a pass over thousands holds the answers of some dozens at a time.
    private static let mostAtOnce = 128

    /// Asks the vaults about all the certificates at once, in the order given.
    ///
    /// - Throws: `HistoryError`. What concerns one certificate is in its observation.
    func observe(_ certificates: [ObservedCertificate]) async throws -> [Observation] {
        let live = try liveEvidence(of: certificates)
        let vaults = Dictionary(grouping: certificates.enumerated()) {
            VaultView($0.element.url, as: $0.element.credential)
        }
        return try await withThrowingTaskGroup(of: [(Int, Observation)].self) { group in
            for (view, members) in vaults {
                group.addTask { try await observe(members, as: view.credential, live) }
            }
            var observations: [(Int, Observation)] = []
            for try await some in group { observations += some }
            return observations.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    /// Asks one vault as one identity.
    private func observe(
        _ members: [(offset: Int, element: ObservedCertificate)],
        as credential: Credential,
        _ live: LiveState
    ) async throws -> [(Int, Observation)] {
        var members = members[...]
        var observations: [(Int, Observation)] = []
        let needsScout = await watcher.prepare(members.map(\.element.url), as: credential)
        if needsScout, let index = members.firstIndex(where: { $0.element.url.version == nil }) {
            let scout = members.remove(at: index)
            observations.append((scout.offset, try await observe(scout.element, live)))
            heartbeat.beat()
        }
        return try await withThrowingTaskGroup(of: (Int, Observation).self) { group in
            for (index, certificate) in members.prefix(Self.mostAtOnce) {
                group.addTask { (index, try await observe(certificate, live)) }
            }
            members = members.dropFirst(Self.mostAtOnce)
            while let observation = try await group.next() {
                observations.append(observation)
                heartbeat.beat()
                if let (index, certificate) = members.popFirst() {
                    group.addTask { (index, try await observe(certificate, live)) }
                }
            }
            return observations
        }
    }

    private func observe(
        _ certificate: ObservedCertificate,
        _ live: LiveState
    ) async throws -> Observation {
        let at = Date()
        let result: Result<Observation.Offer, any Error>
        do {
            result = .success(try await offer(certificate, live.evidence(of: certificate)))
        } catch let error as VaultError {
            result = .failure(error)
        } catch let error as StoreError {
            result = .failure(error)
        }
        return Observation(certificate: certificate, at: at, result: result)
    }

    /// The newest version of one certificate, with the secret where it is needed.
    ///
    /// What is fetched is settled without the lock, on a state that may change meanwhile; the
    /// decision itself is made again under the lock.
    private func offer(
        _ certificate: ObservedCertificate,
        _ live: LiveEvidence
    ) async throws -> Observation.Offer {
        let newest = try await watcher.newest(certificate.url, as: certificate.credential)
        var offer = Observation.Offer(newest: newest.version, fetched: [], liveFiles: nil)
        if let secret = newest.secret {
            offer.fetched.append(Fetched(secret, of: certificate.name, at: Date()))
        }
        if certificate.policy.drift == .heal {
            offer.liveFiles = try liveFiles(live, of: certificate)
        }
        let situation = try situation(
            of: certificate,
            live,
            offered: newest.version,
            found: offer.liveFiles
        )
        if newest.secret == nil, try isUnknown(newest.version, of: certificate, situation) {
            offer.fetched.append(try await fetch(newest.version, of: certificate))
        }
        if Decision.decide(situation) == .deploy,
            !offer.fetched.contains(where: { $0.record.version == situation.target }),
            try storedFiles(situation.record, of: certificate) == nil
        {
            offer.fetched.append(try await fetch(situation.target, of: certificate))
        }
        if let current = situation.current, current != situation.target, !situation.isIntact,
            let record = situation.currentRecord, try storedFiles(record, of: certificate) == nil
        {
            // What is live is mended whatever becomes of the newest version. Whoever needs it says so
            // when the vault doesn't give it.
            if let fetched = try? await fetch(current, of: certificate) {
                offer.fetched.append(fetched)
            }
        }
        return offer
    }

    /// Whether the version has to be fetched to be on record: every version is, also one that a
    /// pin keeps from being deployed.
    private func isUnknown(
        _ version: String,
        of certificate: ObservedCertificate,
        _ situation: Situation
    ) throws -> Bool {
        guard situation.target == version else {
            return try history.version(version, of: certificate.name) == nil
        }
        guard let record = situation.record else { return true }
        return record.thumbprint == nil && Decision.decide(situation) == .fetch
    }

    func fetch(_ version: String, of certificate: ObservedCertificate) async throws -> Fetched {
        let secret = try await watcher.secret(
            certificate.url,
            version: version,
            as: certificate.credential
        )
        return Fetched(secret, of: certificate.name, at: Date())
    }

    /// What there is to decide on.
    ///
    /// - Parameters:
    ///   - certificate: The certificate.
    ///   - live: What is live of it, a moment ago; nil to look now.
    ///   - offered: The newest version that the vault has.
    ///   - found: How the live files were found a moment ago: a pass reads those once that are as
    ///     recorded.
    ///   - now: The time to judge by.
    /// - Returns: The state of store and history.
    /// - Throws: `StoreError` where it can't be told what is live; `HistoryError`.
    func situation(
        of certificate: ObservedCertificate,
        _ live: LiveEvidence? = nil,
        offered: String,
        found: LiveFiles? = nil,
        now: Date = Date()
    ) throws -> Situation {
        let live = try live ?? liveEvidence(of: [certificate]).evidence(of: certificate)
        let current = live.version
        let isKnownIntact = found?.version == current && found?.standing != .damaged
        let evidence = try history.evidence(
            on: Situation.target(offered: offered, pin: live.pin, now: now),
            beside: live
        )
        return Situation(
            current: current,
            isIntact: try certificate.policy.drift != .heal || isKnownIntact
                || liveFiles(live, of: certificate)?.standing != .damaged,
            target: evidence.target,
            record: evidence.record,
            wasIgnored: evidence.wasIgnored,
            refusal: evidence.refusal,
            // A URL with a version is a choice, too.
            isChosen: certificate.url.version != nil || live.pin?.holds(at: now) ?? false,
            currentRecord: live.record,
            isOlderOnRecord: evidence.isOlderOnRecord,
            contents: evidence.contents,
            policy: certificate.policy,
            approval: evidence.approval,
            now: now
        )
    }

    /// The PEM files of a version from the store; nil unless all are there, byte for byte as
    /// recorded.
    func storedFiles(
        _ record: VersionRecord?,
        of certificate: ObservedCertificate
    ) throws -> [VersionFile]? {
        guard let record, !record.files.isEmpty,
            let stored = try store(of: certificate).open(
                version: record.version,
                of: certificate.name
            )
        else { return nil }
        var files: [VersionFile] = []
        for (file, digest) in record.files {
            guard let bytes = try stored.read(file), sha256Hex(bytes) == digest else { return nil }
            files.append(VersionFile(stored: file, bytes))
        }
        return files
    }
}
