import Foundation
import History
import SystemPackage

/// The page that `kvagent report` writes: how each certificate stands and how it came to be so.
///
/// One file that needs nothing else: no network, no script. It is made in one pass, a certificate
/// at a time, so that memory does not grow with the history.
package struct ReportPage: Sendable {
    /// At most so many versions, deployments and pins are shown of each certificate.
    ///
    /// A browser takes the page in as a whole, so of many certificates less is shown of each: 50 of
    /// 1,000 made 43 MB and 1.1 million elements, 10 make 18 MB and 0.5 million.
    static func limit(certificates: Int) -> Int {
        max(10, min(50, 10_000 / max(1, certificates)))
    }

    let settings: Settings
    let history: History?
    let report: StatusReport
    let health: Health
    let clock: PageClock
    let host: String

    /// Reads how everything stands; changes nothing and needs no lock.
    ///
    /// - Parameters:
    ///   - settings: What is observed.
    ///   - history: Nil when the agent has never run.
    ///   - daemon: The process id of the running daemon.
    ///   - host: The machine's name.
    ///   - now: The time to judge by.
    ///   - timeZone: The zone of the times that people read.
    /// - Throws: `HistoryError`.
    package init(
        _ settings: Settings,
        history: History?,
        daemon: Int?,
        host: String,
        now: Date = Date(),
        timeZone: TimeZone = .current
    ) throws {
        self.settings = settings
        self.history = history
        self.host = host
        report = try StatusReport(settings, history: history, daemon: daemon, now: now)
        var thresholds = HealthThresholds()
        // The heading says whether one runs, and where a timer runs kvagent sync none should.
        thresholds.expectsDaemon = false
        health = Health(report, thresholds: thresholds, now: now)
        clock = PageClock(now: now, timeZone: timeZone)
    }

    /// Writes the page, piece by piece.
    ///
    /// - Throws: `HistoryError`, and what `output` throws.
    package func write(to output: (String) throws -> Void) throws {
        try output(start.markup)
        let findings = Dictionary(grouping: health.findings) { $0.certificate ?? "" }
        let limit = Self.limit(certificates: report.certificates.count)
        let open = PageOpening(certificates: report.certificates.count, health: health)
        for (certificate, status) in zip(settings.certificates, report.certificates) {
            let section = CertificateSection(
                status: status,
                directory: CertificateDirectory(certificate).path,
                findings: findings[status.name] ?? [],
                record: try history?.record(of: status.name, limit: limit)
                    ?? CertificateRecord(),
                clock: clock
            )
            try output(section.html(isOpen: open.isOpen(status.name)).markup)
        }
        try output(end)
    }
}

/// Which certificates are unfolded at first: all of a few, else those that need attention, unless
/// these are many, too.
struct PageOpening: Sendable {
    private let opensAll: Bool
    private let names: Set<String>

    init(certificates: Int, health: Health) {
        opensAll = certificates <= 3
        let troubled = Set(health.problems.compactMap(\.certificate))
        names = troubled.count <= 10 ? troubled : []
    }

    func isOpen(_ name: String) -> Bool { opensAll || names.contains(name) }
}
