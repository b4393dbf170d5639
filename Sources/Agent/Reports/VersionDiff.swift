import Foundation
import History
import Store

/// What differs between two versions of a certificate: `kvagent diff --json`.
package struct VersionDiff: Sendable, Encodable {
    /// One of the two versions.
    package struct Side: Sendable, Encodable {
        package var version: String
        @OrNull package var thumbprint: String?
        package var isCurrent: Bool
        package var isOnDisk: Bool
    }

    /// What is compared.
    package enum Field: String, Sendable, Encodable, CaseIterable {
        case subject, dnsNames, issuer, keyType, publicKeySha256, validity, notBefore, notAfter
        case serialNumber, signatureAlgorithm, chain, isChainComplete
    }

    /// One thing that differs.
    package struct Change: Sendable, Encodable {
        package var field: Field
        @OrNull package var from: String?
        @OrNull package var to: String?

        /// Whether clients may miss what there was before.
        package var isLoss: Bool
    }

    package var certificate: String
    package var from: Side
    package var to: Side
    package var differs: Bool
    package var hasLosses: Bool
    package var dnsNamesAdded: [String]
    package var dnsNamesRemoved: [String]

    /// Null where it can't be told without the files of both.
    @OrNull package var isKeyChanged: Bool?
    package var changes: [Change]

    /// What can't be compared, because the files of one aren't on disk.
    package var unknown: [Field]
}

extension VersionDiff {
    /// Reads and compares two versions.
    ///
    /// - Parameters:
    ///   - name: The certificate.
    ///   - from: The older one; nil for the one that was live before the other.
    ///   - to: The newer one; nil for the live one.
    ///   - settings: What is observed.
    ///   - history: Nil when the agent has never run.
    /// - Throws: ``Refusal`` when a version isn't known, `HistoryError`, `StoreError`.
    package init(
        of name: String,
        from: RollbackTarget?,
        to: RollbackTarget?,
        settings: Settings,
        history: History?
    ) throws {
        guard let certificate = settings.certificate(named: name) else {
            throw Refusal.unknownCertificate(name, among: settings.certificates.map(\.name))
        }
        let store = CertificateStore(root: certificate.storeLocation)
        let current = try store.currentVersion(of: name)
        let known = try RecordedVersions(of: name, current: current, history: history)
        func live() throws -> VersionRecord {
            guard let current else {
                throw Refusal("nothing of \"\(name)\" is live", hint: "name two versions")
            }
            return try known.version(.version(prefix: current))
        }
        let newer = try to.map(known.version) ?? live()
        func before() throws -> VersionRecord {
            guard let version = try history?.lastGood(before: newer.version, of: name) else {
                throw Refusal(
                    "no version of \"\(name)\" was live before \(newer.version)",
                    hint: RollbackTarget.choice(of: known.versions)
                )
            }
            return try known.version(.version(prefix: version))
        }
        let older = try from.map(known.version) ?? before()
        func facts(_ record: VersionRecord) throws -> VersionFacts {
            try VersionFacts(record, of: name, current: current, store: store)
        }
        let key = "privkey.pem"
        self.init(
            of: name,
            from: try facts(older),
            to: try facts(newer),
            // The same file holds the same key. Another may hold it too, written otherwise.
            hasSameKeyFile: older.files[key] != nil && older.files[key] == newer.files[key]
        )
    }

    /// Compares two versions.
    init(of certificate: String, from: VersionFacts, to: VersionFacts, hasSameKeyFile: Bool) {
        let comparison = VersionComparison(from: from, to: to, hasSameKeyFile: hasSameKeyFile)
        let changes = comparison.changes
        self.init(
            certificate: certificate,
            from: Side(from),
            to: Side(to),
            differs: !changes.isEmpty,
            hasLosses: changes.contains(where: \.isLoss),
            dnsNamesAdded: to.dnsNames.filter { !from.dnsNames.contains($0) },
            dnsNamesRemoved: comparison.removedNames,
            isKeyChanged: comparison.isKeyChanged,
            changes: changes,
            unknown: comparison.unknown
        )
    }
}

extension VersionDiff.Side {
    fileprivate init(_ facts: VersionFacts) {
        self.init(
            version: facts.version,
            thumbprint: facts.thumbprint,
            isCurrent: facts.isCurrent,
            isOnDisk: facts.isOnDisk
        )
    }
}
