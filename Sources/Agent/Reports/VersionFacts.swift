import Foundation
import History
import PKI
import Sensitive
import Store
import SystemPackage

/// All that is known of one version: from the history, and from its files where they are on disk.
package struct VersionFacts: Sendable, Encodable {
    package var version: String
    package var isCurrent: Bool
    package var isOnDisk: Bool

    /// Where the files are; null when they aren't on disk.
    @OrNull package var directory: String?
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var subject: String?
    @OrNull package var issuer: String?
    @OrNull package var serialNumber: String?
    package var dnsNames: [String]
    @OrNull package var keyType: String?

    /// SHA-256 over the public key; null, like what is said of the chain, without the files.
    @OrNull package var publicKeySha256: String?
    @OrNull package var signatureAlgorithm: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?
    package var fetchedAt: Date

    /// The intermediates, from the leaf's issuer upwards.
    package var chain: [ChainLink]

    /// Whether nothing but the root can be missing; null also where that can't be told.
    @OrNull package var isChainComplete: Bool?
    package var files: [FileFacts]

    /// Why the files don't say what they should; null when they do, or aren't on disk.
    @OrNull package var problem: String?

    /// Who has let it through, if the policy held it.
    @OrNull package var approval: ApprovalReport? = nil
}

/// One certificate of a chain.
package struct ChainLink: Sendable, Encodable {
    package var subject: String
    package var issuer: String
    package var notAfter: Date
    package var sha256: String
}

/// One file of a version, and who may read it.
package struct FileFacts: Sendable, Encodable {
    package struct Readers: Sendable, Encodable {
        package var users: [String]
        package var groups: [String]
        package var everyone: Bool
    }

    package var name: String
    package var size: Int

    /// Octal, four digits.
    package var mode: String
    package var owner: String
    package var group: String

    /// By the permission bits and the ACL; root may read every file.
    package var readers: Readers
}

extension VersionFacts {
    /// - Throws: `StoreError` when the version's directory can't be looked at.
    init(
        _ record: VersionRecord,
        of certificate: String,
        current: String?,
        store: CertificateStore
    ) throws {
        let stored = try store.files(of: certificate, version: record.version)
        self.init(
            version: record.version,
            isCurrent: record.version == current,
            isOnDisk: stored != nil,
            directory: stored.map { _ in
                store.versionDirectory(of: certificate, version: record.version).string
            },
            thumbprint: record.thumbprint,
            sha256: record.sha256,
            subject: record.subject,
            issuer: record.issuer,
            serialNumber: record.serialNumber,
            dnsNames: record.dnsNames,
            keyType: record.keyType,
            publicKeySha256: nil,
            signatureAlgorithm: nil,
            notBefore: record.notBefore,
            notAfter: record.notAfter,
            fetchedAt: record.fetchedAt,
            chain: [],
            isChainComplete: nil,
            files: stored?.map(FileFacts.init) ?? [],
            problem: nil
        )
        guard stored != nil, record.thumbprint != nil else { return }
        do {
            let installed = try store.installedChain(of: certificate, version: record.version)
            guard installed.leaf.sha256 == record.sha256 else {
                problem = "cert.pem is not the certificate on record"
                return
            }
            add(installed)
        } catch {
            problem = "\(error)"
        }
    }

    private mutating func add(_ installed: InstalledChain) {
        publicKeySha256 = installed.leaf.publicKeySha256
        signatureAlgorithm = installed.leaf.signatureAlgorithm
        isChainComplete = installed.isComplete
        chain = installed.intermediates.map {
            ChainLink(
                subject: $0.subject,
                issuer: $0.issuer,
                notAfter: $0.notAfter,
                sha256: $0.sha256
            )
        }
    }
}

extension FileFacts {
    init(_ file: StoredFile) {
        let mode = String(file.mode, radix: 8)
        self.init(
            name: file.name,
            size: file.size,
            mode: String(repeating: "0", count: max(0, 4 - mode.count)) + mode,
            owner: file.owner,
            group: file.group,
            readers: Readers(
                users: file.readers.users,
                groups: file.readers.groups,
                everyone: file.readers.isEveryone
            )
        )
    }
}

extension CertificateStore {
    /// What a version's files say of its certificate and chain.
    ///
    /// - Throws: `StoreError`, `CertificateError`, or a ``Refusal`` where the leaf's file is gone.
    fileprivate func installedChain(
        of certificate: String,
        version: String
    ) throws -> InstalledChain {
        func text(_ file: String) throws -> String? {
            try read(file, of: certificate, version: version).map {
                unsafe $0.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
            }
        }
        guard let leaf = try text("cert.pem") else { throw Refusal("cert.pem is gone") }
        return try InstalledChain(
            certificate: leaf,
            chain: try text("chain.pem") ?? "",
            // Only who may read the key may read this one; others do without the root.
            bundle: try? read("bundle.pem", of: certificate, version: version)
        )
    }
}
