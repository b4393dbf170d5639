import Agent
import ArgumentParser

/// The command `kvagent config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Work with the settings file.",
        subcommands: [
            ConfigCheckCommand.self, ConfigShowCommand.self, ConfigSchemaCommand.self,
            ConfigImportCommand.self,
        ]
    )
}

/// The command `kvagent config check`.
struct ConfigCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Read the settings and name every problem, with its line and its mend.",
        discussion: "Changes nothing and asks no vault. Exits with 78 when there is a problem."
    )

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let settings: Settings
        var problems: [SettingsProblem] = []
        do {
            settings = try settingsOptions.settings()
            problems = settings.hostProblems() + settings.metricsProblems()
            if problems.isEmpty {
                let answer = ConfigAnswer(
                    file: settingsOptions.file,
                    problems: [],
                    notes: settings.notes,
                    certificates: settings.certificates.map(\.name)
                )
                try Output.print(answer, asJSON: output.json) {
                    (settings.notes.map { "note: \($0)" }
                        + [
                            "\(settingsOptions.file): fine, \(settings.certificates.count) certificates"
                        ])
                        .joined(separator: "\n")
                }
                return
            }
        } catch let error as SettingsError {
            problems = error.problems
        }
        guard output.json else { throw SettingsError(problems) }
        try Output.print(
            Output.json(
                ConfigAnswer(
                    file: settingsOptions.file,
                    problems: problems,
                    notes: [],
                    certificates: []
                )
            )
        )
        throw ExitStatus.configuration
    }
}

/// The answer of `kvagent config check --json`.
private struct ConfigAnswer: Encodable {
    struct Place: Encodable {
        let file: String
        let line: Int
        let key: String
        let message: String

        init(_ problem: SettingsProblem) {
            file = problem.file
            line = problem.line
            key = problem.key
            message = problem.message
        }
    }

    let file: String
    let ok: Bool
    let problems: [Place]
    let notes: [Place]

    /// The names of the certificates.
    let certificates: [String]

    init(
        file: String,
        problems: [SettingsProblem],
        notes: [SettingsProblem],
        certificates: [String]
    ) {
        self.file = file
        ok = problems.isEmpty
        self.problems = problems.map(Place.init)
        self.notes = notes.map(Place.init)
        self.certificates = certificates
    }
}
