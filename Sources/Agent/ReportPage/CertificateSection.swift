import Foundation
import History
import Store
import SystemPackage

/// What the page says of one certificate.
struct CertificateSection: Sendable {
    let status: CertificateStatus
    let directory: String
    let findings: [HealthFinding]
    let record: CertificateRecord
    let clock: PageClock

    /// What was live when, oldest first.
    let periods: [LivePeriod]

    init(
        status: CertificateStatus,
        directory: String,
        findings: [HealthFinding],
        record: CertificateRecord,
        clock: PageClock
    ) {
        self.status = status
        self.directory = directory
        self.findings = findings
        self.record = record
        self.clock = clock
        periods = LivePeriod.all(
            record.deployments.reversed(),
            current: status.current,
            now: clock.now
        )
    }

    /// Where links lead to: within the details element, so that browsers unfold it.
    static func anchor(_ name: String) -> String { "certificate-\(name)" }

    func html(isOpen: Bool) -> HTML {
        element("details", ["class": "certificate", "open": isOpen ? "open" : nil]) {
            element("summary") {
                element("h3") { status.name }
                status.badge(findings.map(\.level).max() ?? .ok)
                element("span", ["class": "aside"]) { expiryWords }
            }
            HTML(literal: "\n")
            element("div", ["class": "body", "id": Self.anchor(status.name)]) {
                notes
                facts
                timeline
                versions
                deployments
                hooks
                pins
                approvals
            }
        }
    }

    private var expiryWords: String {
        guard let current = status.current else { return "nothing is live" }
        guard let notAfter = current.notAfter else { return "expiry not known" }
        let verb = notAfter <= clock.now ? "expired" : "expires"
        return "\(verb) \(clock.day(notAfter)), \(clock.distance(notAfter))"
    }

    private var notes: HTML {
        guard !findings.isEmpty else { return .empty }
        return element("ul", ["class": "findings"]) {
            for finding in findings {
                element("li", ["class": "\(finding.level)"]) {
                    finding.level > .ok ? finding.level.badge : Self.noteBadge
                    HTML(text: " \(finding.message)", limit: 600)
                    if finding.level > .ok, let mend = finding.mend, !finding.message.contains(mend)
                    {
                        element("span", ["class": "mend"]) { " → \(mend)" }
                    }
                }
            }
        }
    }

    /// Of what is worth knowing and nothing to do about.
    private static let noteBadge = element("span", ["class": "badge note"]) { "• note" }

    /// The facts of the live version.
    private var facts: HTML {
        guard let current = status.current else { return .empty }
        let live = record.versions.first { $0.version == current.version }
        let names = live?.dnsNames ?? []
        let more = names.count - Self.namesShown
        var facts: [(String, HTML)] = []
        func add(_ term: String, _ value: String?) {
            if let value { facts.append((term, HTML(text: value, limit: 600))) }
        }
        func addCode(_ term: String, _ value: String?) {
            if let value { facts.append((term, element("code") { value })) }
        }
        add("Subject", live?.subject)
        add(
            "Names",
            names.isEmpty
                ? nil
                : names.prefix(Self.namesShown).joined(separator: ", ")
                    + (more > 0 ? " and \(more) more" : "")
        )
        add("Issuer", live?.issuer)
        add("Key", live?.keyType)
        facts.append(
            (
                "Valid",
                HTML([
                    clock.time(current.notBefore), HTML(text: " to "), clock.time(current.notAfter),
                ])
            )
        )
        facts.append(("Live since", clock.time(current.since)))
        addCode("Version", current.version)
        addCode("Thumbprint", current.thumbprint)
        addCode("SHA-256", current.sha256)
        addCode("Serial", live?.serialNumber)
        addCode("Vault", status.url)
        addCode("Directory", directory)
        return HTML([
            element("h4") { "What is live" },
            element("dl", ["class": "facts"]) {
                for (term, value) in facts {
                    element("div") {
                        element("dt") { term }
                        element("dd") { value }
                    }
                }
            },
        ])
    }

    /// So many names say what a certificate is for; a wildcard farm has hundreds.
    private static let namesShown = 40
}

/// Where the live files of a certificate are to be read from.
struct CertificateDirectory {
    let path: String

    init(_ certificate: ObservedCertificate) {
        path =
            CertificateStore(root: certificate.storeLocation)
            .currentDirectory(of: certificate.name).string
    }
}
