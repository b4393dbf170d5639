import Agent
import ArgumentParser
import Foundation
import Glibc
import Store
import SystemPackage

/// The command `kvagent check`.
struct CheckCommand: ParsableCommand {
    static let name = "check"

    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Say in a line whether all is well, for Nagios, Icinga and the like.",
        discussion: """
            A monitoring plugin: a status line, performance data, then a line for each thing to \
            know, worst first. Asks no vault and changes nothing.

            Exit status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN (also for wrong usage and wrong \
            settings).
            """
    )

    @Argument(help: "The certificates to judge; all when none is named.")
    var names: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Warn when a certificate has less validity left.",
            valueName: "time"
        )
    )
    var warning: TimeSpan = .days(21)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Be critical when a certificate has less validity left.",
            valueName: "time"
        )
    )
    var critical: TimeSpan = .days(7)

    @Option(
        name: .long,
        help: ArgumentHelp("Warn when a pin is older.", valueName: "time")
    )
    var pinAge: TimeSpan = .days(30)

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Warn when so many polls in a row got no answer.",
            valueName: "number"
        )
    )
    var failures = 3

    @Flag(
        name: .long,
        help: "Expect no running daemon, where a timer runs kvagent sync."
    )
    var withoutDaemon = false

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard critical.seconds <= warning.seconds else {
            throw ValidationError("--critical must not be more than --warning")
        }
        guard failures > 0 else { throw ValidationError("--failures must be 1 or more") }
    }

    func run() throws {
        let now = Date()
        let settings = try settingsOptions.settings()
        var report = try StatusReport(
            settings,
            history: settings.historyForReading(),
            daemon: ProcessLock.currentHolder(at: settings.daemonLockFile).map { Int($0) },
            now: now
        )
        let observed = Set(try settings.certificates(named: names).map(\.name))
        report.certificates.removeAll { !observed.contains($0.name) }
        if !names.isEmpty { report.orphans.removeAll { !observed.contains($0.name) } }
        var thresholds = HealthThresholds()
        thresholds.expiryWarning = warning.seconds
        thresholds.expiryCritical = critical.seconds
        thresholds.pinAge = pinAge.seconds
        thresholds.failures = failures
        thresholds.expectsDaemon = !withoutDaemon && settings.canSeeDaemon
        let answer = CheckAnswer(
            Health(report, thresholds: thresholds, now: now),
            certificates: report.certificates.count,
            figures: report.performanceData(thresholds, now: now)
        )
        try answer.print(asJSON: output.json)
        throw answer.exitCode
    }
}

extension CheckCommand {
    /// Whether this process was asked for a check, right or wrong: then errors are for a monitor.
    static var isAsked: Bool { CommandLine.arguments.dropFirst().first == name }
}

extension Settings {
    /// Whether it can be told if a daemon runs.
    ///
    /// Its lock may be root's alone to read, and what a monitor's user can't see must not be an
    /// alarm. A dead daemon shows in stale polls, too.
    var canSeeDaemon: Bool {
        unsafe access(daemonLockFile.string, R_OK) == 0 || errno == ENOENT
    }
}

/// The exit codes of monitoring plugins.
enum MonitorStatus: Int32, Error, Encodable {
    case ok = 0
    case warning = 1
    case critical = 2
    case unknown = 3

    init(_ level: HealthLevel) {
        self =
            switch level {
            case .ok: .ok
            case .warning: .warning
            case .critical: .critical
            }
    }

    var word: String { "\(self)".uppercased() }
}

/// The answer of `kvagent check`, as text by the Monitoring Plugins Development Guidelines.
struct CheckAnswer: Encodable {
    let status: String
    let exitCode: MonitorStatus
    let summary: String
    let findings: [HealthFinding]
    let performanceData: [PerformanceDatum]

    init(_ health: Health, certificates: Int, figures: [PerformanceDatum]) {
        exitCode = MonitorStatus(health.level)
        status = "\(exitCode)"
        findings = health.findings
        performanceData = figures
        let problems = health.problems
        summary =
            problems.first.map { worst in
                worst.line + (problems.count > 1 ? " (and \(problems.count - 1) more)" : "")
            }
            ?? (certificates == 1
                ? "1 certificate is as it should be"
                : "\(certificates) certificates are as they should be")
    }

    /// That nothing could be judged, and why.
    init(unknown messages: [String]) {
        exitCode = .unknown
        status = "\(exitCode)"
        findings = []
        performanceData = []
        summary = messages.joined(separator: "; ")
    }

    func print(asJSON: Bool) throws {
        try Output.print(self, asJSON: asJSON) { text }
    }

    private var text: String {
        let figures = performanceData.map(\.text).joined(separator: " ")
        let first =
            "KVAGENT \(exitCode.word): \(Self.plain(summary))"
            + (figures.isEmpty ? "" : " | \(figures)")
        let lines = findings.map { "\(MonitorStatus($0.level).word): \(Self.plain($0.line))" }
        return ([first] + lines).joined(separator: "\n")
    }

    /// A bar would begin performance data, a new line a finding.
    private static func plain(_ text: String) -> String {
        String(text.map { $0 == "|" ? "/" : $0.isNewline ? " " : $0 })
    }
}

extension HealthFinding {
    /// The message with what it is about.
    var line: String { certificate.map { "\($0): \(message)" } ?? message }
}
