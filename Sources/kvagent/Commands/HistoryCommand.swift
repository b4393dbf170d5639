import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent history`.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "List deployments, newest first, or say what was live at a moment.",
        discussion: """
            A certificate that is called like a subcommand is asked for with two dashes before it: \
            kvagent history -- backup
            """,
        subcommands: HistoryFilesCommand.configuration.subcommands
    )

    @Argument(help: "Only those of this certificate.", completion: Completion.certificates)
    var name: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only those begun since: a date, a time (RFC 3339), or an age such as 7d or 12h.",
            valueName: "time"
        )
    )
    var since: PastTime?

    @Option(
        name: .long,
        help: ArgumentHelp("Only those begun before; written as for --since.", valueName: "time")
    )
    var until: PastTime?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only those that ended so.",
            valueName: "outcome"
        )
    )
    var outcome: Outcome?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only those that this began.",
            valueName: "trigger"
        )
    )
    var trigger: Trigger?

    @Option(name: .long, help: "At most so many. (default: 50)")
    var limit: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Say instead what was live then, for each certificate; written as for --since.",
            valueName: "time"
        )
    )
    var at: PastTime?

    @OptionGroup var verification: VerificationOptions
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var list: ListOptions

    func validate() throws {
        if let at {
            guard at.date <= Date() else { throw ValidationError("--at lies in the future") }
            guard !isFiltered, !verification.verify else {
                throw ValidationError(
                    "--at excludes --since, --until, --outcome, --trigger, --limit and --verify"
                )
            }
        }
        if verification.verify, isFiltered || name != nil || list.jsonl || list.csv {
            throw ValidationError(
                "--verify looks at the whole history: give neither a certificate nor what chooses deployments, and of the forms only --json"
            )
        }
        guard limit ?? 1 > 0 else { throw ValidationError("--limit must be at least 1") }
        if let since, let until, until.date <= since.date {
            throw ValidationError("--until must be later than --since")
        }
    }

    private var isFiltered: Bool {
        since != nil || until != nil || outcome != nil || trigger != nil || limit != nil
    }

    func run() throws {
        let settings = try settingsOptions.settings()
        let history = try settings.historyForReading()
        if verification.verify { return try verification.run(history, list.output) }
        if let name { try Self.check(name, settings, history) }
        if let at { return try printLive(at: at.date, settings, history) }
        let deployments =
            try history?.deployments(
                HistoryFilter(
                    certificate: name,
                    since: since?.date,
                    until: until?.date,
                    outcome: outcome,
                    trigger: trigger,
                    limit: limit ?? 50
                )
            ) ?? []
        let reports = deployments.map { DeploymentReport($0) }
        try Output.print(reports, as: list) { reports.text() }
    }

    /// A certificate that has gone from the settings is still asked for; a mistyped one never
    /// had a deployment, and "none on record" would be believed.
    private static func check(_ name: String, _ settings: Settings, _ history: History?) throws {
        let filter = HistoryFilter(certificate: name, limit: 1)
        guard settings.certificate(named: name) == nil,
            try history?.deployments(filter).isEmpty ?? true
        else { return }
        let names = settings.certificates.map(\.name).prefix(20).joined(separator: ", ")
        throw Refusal(
            "no certificate \"\(name)\", neither in the settings nor on record",
            hint: "the settings have \(names)"
        )
    }
}

extension Outcome: ExpressibleByArgument {}
extension Trigger: ExpressibleByArgument {}

/// A point in time as a person writes it.
struct PastTime: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        let units: [Character: TimeInterval] = ["m": 60, "h": 3600, "d": 86_400, "w": 604_800]
        if let unit = argument.last.flatMap({ units[$0] }), let count = Double(argument.dropLast()),
            count >= 0
        {
            date = Date(timeIntervalSinceNow: -count * unit)
        } else if let time = Time(argument: argument) {
            date = time.date
        } else {
            return nil
        }
    }
}

/// A date or a time in RFC 3339.
struct Time: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        let day = Date.ISO8601FormatStyle(timeZone: .current).year().month().day()
        guard
            let date = (try? Date(argument, strategy: .iso8601))
                ?? (try? Date(
                    argument,
                    strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                ))
                ?? (try? Date(argument, strategy: day))
        else { return nil }
        self.date = date
    }
}
