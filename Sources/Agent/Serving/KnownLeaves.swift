import Foundation
import History
import PKI
import Store

/// The leaves that are or were ours.
struct KnownLeaves: Sendable {
    private struct Version: Sendable {
        let certificate: String
        let version: String
        let isLive: Bool
    }

    /// By SHA-256.
    private var versions: [String: Version] = [:]

    /// Which certificate has a subject, or a name.
    private var subjects: [String: String] = [:]
    private var names: [String: String] = [:]

    /// The names to ask servers for; a wildcard stands for one of its names.
    private(set) var serverNames: [String] = []

    /// - Throws: `HistoryError`.
    init(_ settings: Settings, history: History?) throws {
        for certificate in settings.certificates {
            let store = CertificateStore(root: certificate.storeLocation)
            // What can't be read is told by `kvagent status`.
            let current = try? store.currentVersion(of: certificate.name)
            for record in try history?.versions(of: certificate.name) ?? [] {
                guard let sha256 = record.sha256 else { continue }
                add(sha256, certificate.name, record.version, isLive: record.version == current)
                if let subject = record.subject, !subject.isEmpty {
                    subjects[subject] = subjects[subject] ?? certificate.name
                }
                add(record.dnsNames, of: certificate.name)
            }
            if let current, let leaf = store.leaf(of: certificate.name, current) {
                add(leaf.sha256, certificate.name, current, isLive: true)
                if !leaf.subject.isEmpty {
                    subjects[leaf.subject] = subjects[leaf.subject] ?? certificate.name
                }
                add(leaf.dnsNames, of: certificate.name)
            }
        }
    }

    private mutating func add(
        _ sha256: String,
        _ certificate: String,
        _ version: String,
        isLive: Bool
    ) {
        // One leaf may be several versions', and what is live anywhere is no old one.
        guard versions[sha256] == nil || isLive else { return }
        versions[sha256] = Version(certificate: certificate, version: version, isLive: isLive)
    }

    private mutating func add(_ dnsNames: [String], of certificate: String) {
        for name in dnsNames {
            names[name] = names[name] ?? certificate
            let asked = name.hasPrefix("*.") ? "www.\(name.dropFirst(2))" : name
            guard TLSEndpoint.isHostName(asked), !TLSEndpoint.isAddress(asked),
                !serverNames.contains(asked)
            else { continue }
            serverNames.append(asked)
        }
    }

    /// What a leaf is to us.
    func served(_ leaf: CertificateFacts) -> ServedLeaf {
        let known = versions[leaf.sha256]
        let namesake =
            leaf.dnsNames.compactMap { names[$0] }.first
            ?? (leaf.dnsNames.isEmpty ? subjects[leaf.subject] : nil)
        let standing: Standing =
            known.map { $0.isLive ? .current : .older } ?? (namesake == nil ? .other : .unknown)
        return ServedLeaf(
            serverNames: [],
            isDefault: false,
            standing: standing,
            certificate: known?.certificate ?? namesake,
            version: known?.version,
            thumbprint: leaf.thumbprint,
            sha256: leaf.sha256,
            subject: leaf.subject,
            dnsNames: leaf.dnsNames,
            notAfter: leaf.notAfter
        )
    }
}
