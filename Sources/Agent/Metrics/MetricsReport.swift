import Foundation
import History
import KeyVault
import Store
import SystemPackage

/// What `kvagent metrics` shows: the status, and what is counted.
///
/// docs/monitoring.md lists the families. Labels are names and words of a fixed list, never
/// messages: each new value would be a time series of its own.
package struct MetricsReport: Sendable {
    struct Certificate: Sendable {
        var status: CertificateStatus
        /// The vault's name.
        var vault: String
        /// The live version's leaf, whichever version that is.
        var file: FilePath
        /// Of the live version.
        var record: VersionRecord?
        var deployments: [Outcome: Int]
    }

    var agent: AgentStatus
    var certificates: [Certificate]
    var orphans: Int

    /// Reads how everything stands; changes nothing and needs no lock.
    ///
    /// - Throws: `HistoryError`.
    package init(_ settings: Settings, history: History?, now: Date = Date()) throws {
        let report = try StatusReport(settings, history: history, daemon: nil, now: now)
        agent = report.agent
        orphans = report.orphans.count
        let counts = Dictionary(
            grouping: try history?.outcomeCounts(of: settings.certificates.map(\.name)) ?? [],
            by: \.certificate
        )
        certificates = try zip(settings.certificates, report.certificates).map {
            certificate,
            status in
            Certificate(
                status: status,
                vault: certificate.url.vault,
                file: CertificateStore(root: certificate.storeLocation)
                    .currentDirectory(of: certificate.name).appending("cert.pem"),
                record: try status.current.flatMap {
                    try history?.version($0.version, of: certificate.name)
                },
                deployments: Dictionary(
                    uniqueKeysWithValues: (counts[certificate.name] ?? []).map {
                        ($0.outcome, $0.count)
                    }
                )
            )
        }
    }

    init(agent: AgentStatus, certificates: [Certificate], orphans: Int = 0) {
        self.agent = agent
        self.certificates = certificates
        self.orphans = orphans
    }

    /// In Prometheus' text format.
    package func text(now: Date = Date()) -> String {
        var output = Exposition()
        output.family(
            "kvagent_build_info",
            .gauge,
            "The version of kvagent; always 1.",
            [([("version", agent.version)], 1)]
        )
        if let lastPass = agent.lastPass {
            output.family(
                "kvagent_last_pass_timestamp_seconds",
                .gauge,
                "When any certificate was polled last.",
                [([], seconds(lastPass))]
            )
        }
        output.family(
            "kvagent_warnings",
            .gauge,
            "Hook files that are skipped and settings without effect; kvagent status names them.",
            [([], Double(agent.warnings.count))]
        )
        output.family(
            "kvagent_orphans",
            .gauge,
            "Certificates and targets on disk that no settings name; kvagent status lists them.",
            [([], Double(orphans))]
        )
        addLive(to: &output)
        addPolls(to: &output)
        addStanding(to: &output, now: now)
        addX509(to: &output, now: now)
        return output.text
    }
}

extension MetricsReport {
    private typealias Sample = (labels: [(String, String)], value: Double)

    private func addLive(to output: inout Exposition) {
        output.family(
            "kvagent_certificate_info",
            .gauge,
            "Which version is live; always 1.",
            certificates.compactMap { certificate in
                certificate.status.current.map { current in
                    let labels = [
                        ("version", current.version), ("thumbprint", current.thumbprint ?? ""),
                    ]
                    return (certificate.labels + labels, 1)
                }
            }
        )
        output.family(
            "kvagent_certificate_not_before_timestamp_seconds",
            .gauge,
            "When the validity of the live version begins.",
            dates { $0.current?.notBefore }
        )
        output.family(
            "kvagent_certificate_not_after_timestamp_seconds",
            .gauge,
            "When the validity of the live version ends.",
            dates { $0.current?.notAfter }
        )
        output.family(
            "kvagent_certificate_live_since_timestamp_seconds",
            .gauge,
            "When the live version was made live.",
            dates { $0.current?.since }
        )
    }

    private func addPolls(to output: inout Exposition) {
        output.family(
            "kvagent_poll_interval_seconds",
            .gauge,
            "The time between two polls, as the settings have it.",
            certificates.map { ($0.labels, Double($0.status.pollingIntervalInS)) }
        )
        output.family(
            "kvagent_last_poll_timestamp_seconds",
            .gauge,
            "When the vault was asked last.",
            dates { $0.lastPoll?.at }
        )
        output.family(
            "kvagent_last_poll_success_timestamp_seconds",
            .gauge,
            "When the vault was asked last and answered.",
            dates(\.lastSuccessfulPoll)
        )
        output.family(
            "kvagent_poll_failures",
            .gauge,
            "How many polls in a row have failed.",
            certificates.map { ($0.labels, Double($0.status.consecutiveFailures)) }
        )
    }

    private func addStanding(to output: inout Exposition, now: Date) {
        output.family(
            "kvagent_certificate_state",
            .gauge,
            "Which state the certificate is in: 1 for that, 0 for the others.",
            certificates.flatMap { certificate in
                CertificateState.allCases.map { state in
                    (
                        certificate.labels + [("state", state.rawValue)],
                        certificate.status.state == state ? 1 : 0
                    )
                }
            }
        )
        output.family(
            "kvagent_hook_owed",
            .gauge,
            "How many hooks must still run for what is live.",
            certificates.map { ($0.labels, Double($0.status.owedHooks.count)) }
        )
        output.family(
            "kvagent_pinned",
            .gauge,
            "Whether a pin holds the live version.",
            certificates.map { ($0.labels, $0.status.pin?.holds(at: now) == true ? 1 : 0) }
        )
        output.family(
            "kvagent_pin_timestamp_seconds",
            .gauge,
            "When the pin that holds was set.",
            dates { $0.pin.flatMap { $0.holds(at: now) ? $0.at : nil } }
        )
        output.family(
            "kvagent_pin_until_timestamp_seconds",
            .gauge,
            "When the pin that holds ends by itself; none for one without an end.",
            dates { $0.pin.flatMap { $0.holds(at: now) ? $0.until : nil } }
        )
        output.family(
            "kvagent_deployments_total",
            .counter,
            "Deployments by how they ended, since the history began.",
            certificates.flatMap { certificate in
                Outcome.allCases.map { outcome in
                    (
                        certificate.labels + [("outcome", outcome.rawValue)],
                        Double(certificate.deployments[outcome] ?? 0)
                    )
                }
            }
        )
    }

    private func addX509(to output: inout Exposition, now: Date) {
        func samples(_ value: (VersionRecord) -> Double?) -> [Sample] {
            certificates.compactMap { certificate in
                guard let record = certificate.record, let value = value(record) else { return nil }
                let labels = X509Labels(
                    subject: record.subject,
                    issuer: record.issuer,
                    serialNumber: record.serialNumber,
                    file: certificate.file
                )
                return (labels.labels, value)
            }
        }
        output.family(
            "x509_cert_not_before",
            .gauge,
            "As x509-certificate-exporter: when the validity begins.",
            samples { $0.notBefore.map(seconds) }
        )
        output.family(
            "x509_cert_not_after",
            .gauge,
            "As x509-certificate-exporter: when the validity ends.",
            samples { $0.notAfter.map(seconds) }
        )
        output.family(
            "x509_cert_expired",
            .gauge,
            "As x509-certificate-exporter: whether the validity has ended.",
            samples { $0.notAfter.map { $0 <= now ? 1 : 0 } }
        )
    }

    private func dates(_ date: (CertificateStatus) -> Date?) -> [Sample] {
        certificates.compactMap { certificate in
            date(certificate.status).map { (certificate.labels, seconds($0)) }
        }
    }

    /// To the millisecond, which is as exact as the history is.
    private func seconds(_ date: Date) -> Double {
        (date.timeIntervalSince1970 * 1000).rounded() / 1000
    }
}

extension MetricsReport.Certificate {
    fileprivate var labels: [(String, String)] {
        [("certificate", status.name), ("vault", vault)]
    }
}
