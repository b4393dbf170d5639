import Foundation
import History
import Store
import SystemPackage

/// The answer of `kvagent show NAME --json`.
package struct CertificateDetails: Sendable, Encodable {
    package var status: CertificateStatus

    /// Where the live files are to be read from, whatever the version.
    package var directory: String

    /// The files of the live version.
    package var files: [String]

    /// Every version on record, newest fetched first.
    package var versions: [VersionDetails]

    /// The newest deployments, newest first.
    package var deployments: [DeploymentReport]

    /// The version that was asked for, the live one otherwise; null where nothing is.
    @OrNull package var shown: VersionFacts?

    /// The newest deployments of that version, newest first.
    package var shownDeployments: [DeploymentReport]
}

/// One version on record.
package struct VersionDetails: Sendable, Encodable {
    package var version: String
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var subject: String?
    @OrNull package var issuer: String?
    @OrNull package var serialNumber: String?
    package var dnsNames: [String]
    @OrNull package var keyType: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?
    package var fetchedAt: Date

    /// Whether its directory lies in the store, so that a rollback needs no vault.
    package var isOnDisk: Bool

    /// What was found in its contents, whatever the policy says of it; null where nobody looked.
    @OrNull package var findings: [FindingReport]?

    /// Who has let it through, if the policy held it.
    @OrNull package var approval: ApprovalReport?
}

extension CertificateDetails {
    /// How many deployments are shown; `kvagent history NAME` has the rest.
    private static let deploymentsShown = 10

    /// - Parameters:
    ///   - name: The certificate.
    ///   - target: The version to show all of; nil for the live one.
    ///   - settings: What is observed.
    ///   - history: Nil when the agent has never run.
    /// - Throws: ``Refusal`` for an unknown name or version, `HistoryError`, `StoreError`.
    package init(
        _ name: String,
        version target: RollbackTarget? = nil,
        settings: Settings,
        history: History?
    ) throws {
        guard let certificate = settings.certificate(named: name) else {
            throw Refusal.unknownCertificate(name, among: settings.certificates.map(\.name))
        }
        let store = CertificateStore(root: certificate.storeLocation)
        let onDisk = Set(try store.versions(of: name))
        let poll = try history?.poll(of: name)
        let link = LiveLink(of: certificate)
        let question = StandingQuestion(
            certificate: name,
            current: link.version,
            latest: poll?.latestVersion
        )
        status = CertificateStatus(
            certificate,
            live: link,
            standing: try history?.standings([question]).first ?? CertificateStanding(),
            poll: poll,
            owedHooks: try history?.owedHooks(of: name) ?? [],
            now: Date()
        )
        directory = store.currentDirectory(of: name).string
        let live = try status.current.flatMap { try history?.version($0.version, of: name) }
        files = live?.files.keys.sorted() ?? []
        let approvals = Dictionary(
            try history?.approvals(of: name).map { ($0.version, ApprovalReport($0)) } ?? []
        ) { first, _ in first }
        versions =
            try history?.versions(of: name).map {
                VersionDetails(
                    version: $0.version,
                    thumbprint: $0.thumbprint,
                    sha256: $0.sha256,
                    subject: $0.subject,
                    issuer: $0.issuer,
                    serialNumber: $0.serialNumber,
                    dnsNames: $0.dnsNames,
                    keyType: $0.keyType,
                    notBefore: $0.notBefore,
                    notAfter: $0.notAfter,
                    fetchedAt: $0.fetchedAt,
                    isOnDisk: onDisk.contains($0.version),
                    findings: try history?.examination(of: $0.version, of: name)
                        .map { ExaminationReport($0).findings },
                    approval: approvals[$0.version]
                )
            } ?? []
        deployments =
            try history?.deployments(
                HistoryFilter(certificate: name, limit: Self.deploymentsShown)
            ).map { DeploymentReport($0) } ?? []
        let current = status.current?.version
        let record =
            try target.map {
                try RecordedVersions(of: name, current: current, history: history).version($0)
            } ?? live
        shown = try record.map {
            var facts = try VersionFacts($0, of: name, current: current, store: store)
            facts.approval = approvals[$0.version]
            return facts
        }
        shownDeployments =
            try record.flatMap { record in
                try history?.deployments(
                    HistoryFilter(
                        certificate: name,
                        version: record.version,
                        limit: Self.deploymentsShown
                    )
                ).map { DeploymentReport($0) }
            } ?? []
    }
}
