import Foundation
import History
import KeyVault
import PKI
import Sensitive
import Store

/// A version as it came from the vault, examined.
package struct Fetched: Sendable {
    /// What the history keeps of it.
    package let record: VersionRecord

    /// What the secret turned out to be.
    package let content: Content

    /// What was found in it; nil for what is no certificate that can be used.
    package let examination: Examination?

    package enum Content: Sendable {
        /// A certificate with its key, as the files to install.
        case certificate([VersionFile])

        /// A secret that never was a certificate.
        case plainSecret

        /// A certificate that can't be used; the error says why.
        case unusable(CertificateError)
    }
}

extension Fetched {
    /// Takes the secret apart: key, leaf and chain, or the reason why there are none.
    package init(_ secret: Secret, of certificate: String, at now: Date) {
        let content: Content
        var findings: [Examination.Finding]?
        var facts: CertificateFacts?
        do {
            let bundle = try CertificateBundle(
                secret: secret.value,
                contentType: secret.contentType
            )
            facts = bundle.leaf
            findings = Examination.findings(of: bundle)
            content = .certificate(VersionFile.all(of: bundle))
        } catch {
            content = error.isPlainSecret && !secret.isManaged ? .plainSecret : .unusable(error)
        }
        var digests: [String: String] = [:]
        if case .certificate(let files) = content {
            for file in files { digests[file.name] = file.contents.sha256 }
        }
        self.content = content
        examination = findings.map {
            Examination(
                certificate: certificate,
                version: secret.version,
                findings: $0,
                at: now
            )
        }
        record = VersionRecord(
            certificate: certificate,
            version: secret.version,
            thumbprint: facts?.thumbprint,
            sha256: facts?.sha256,
            subject: facts?.subject,
            issuer: facts?.issuer,
            serialNumber: facts?.serialNumber,
            dnsNames: facts?.dnsNames ?? [],
            keyType: facts?.keyType,
            notBefore: facts?.notBefore,
            notAfter: facts?.notAfter,
            contentType: secret.contentType,
            fetchedAt: now,
            files: digests
        )
    }
}

extension VersionFile {
    /// The files without the private key; whatever else there is counts as having it.
    private static let publicNames: Set = [
        "cert.pem", "chain.pem", "fullchain.pem", "cert.der", FileFormat.certificatesFile,
        FileFormat.versionFile,
    ]

    /// A file as it lies in the store.
    init(stored name: String, _ bytes: SensitiveBytes) {
        self.init(name: name, contents: .sensitive(bytes), isSecret: Self.isSecret(name))
    }

    /// Whether a file of this name holds a private key.
    static func isSecret(_ name: String) -> Bool { !publicNames.contains(name) }

    /// The files of one version, under the names that certbot's users know.
    static func all(of bundle: CertificateBundle) -> [VersionFile] {
        [
            VersionFile(
                name: "privkey.pem",
                contents: .sensitive(bundle.privateKeyPEM),
                isSecret: true
            ),
            VersionFile(
                name: "cert.pem",
                contents: .text(bundle.certificatePEM),
                isSecret: false
            ),
            VersionFile(name: "chain.pem", contents: .text(bundle.chainPEM), isSecret: false),
            VersionFile(
                name: "fullchain.pem",
                contents: .text(bundle.fullchainPEM),
                isSecret: false
            ),
            VersionFile(
                name: "bundle.pem",
                contents: .sensitive(bundle.bundlePEM),
                isSecret: true
            ),
        ]
    }
}

extension VersionFile.Contents {
    /// The digest that history keeps, lower-case hex.
    var sha256: String {
        switch self {
        case .text(let text): sha256Hex(text.utf8)
        case .sensitive(let bytes): sha256Hex(bytes)
        }
    }
}
