import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent history` where one of its subcommands follows.
///
/// The parser gives a command's own arguments their words before it looks for a subcommand, so the
/// certificate's name would take the subcommand's.
struct HistoryFilesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        subcommands: [
            HistoryBackupCommand.self, HistoryRestoreCommand.self, HistoryExportCommand.self,
        ]
    )

    /// Whether the command line asks for one of them.
    static let isAsked: Bool = {
        let words = CommandLine.arguments.dropFirst().prefix(2)
        let names = configuration.subcommands.map { $0.configuration.commandName }
        return words.first == "history" && names.contains { $0 == words.last }
    }()
}

/// What a command that makes a file takes.
struct NewFileOptions: ParsableArguments {
    @Flag(name: .long, help: "Replace the file if there is one.")
    var force = false
}

extension Settings {
    /// - Throws: ``Refusal`` where there is no history yet.
    fileprivate func existingHistory() throws -> History {
        guard let history = try historyForReading() else {
            throw Refusal(
                "there is no history in \(historyFile)",
                hint: "it begins with the first `kvagent sync` or the start of the daemon"
            )
        }
        return history
    }
}

/// The command `kvagent history backup`.
struct HistoryBackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the history into a file, while the daemon goes on."
    )

    @Argument(help: "Where the copy goes.", completion: .file())
    var file: String

    @OptionGroup var new: NewFileOptions
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let history = try settingsOptions.settings().existingHistory()
        try history.backUp(to: file, isReplacing: new.force)
        let size = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int
        let answer = BackupAnswer(file: file, bytes: size ?? 0)
        try Output.print(answer, asJSON: output.json) {
            "backed up \(history.path) to \(file), \(answer.bytes) bytes"
        }
    }
}

/// The answer of `kvagent history backup --json`.
private struct BackupAnswer: Encodable {
    let file: String
    let bytes: Int
}

/// The command `kvagent history restore`.
struct HistoryRestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a backup in the place of the history, which is kept under another name."
    )

    @Argument(help: "The backup.", completion: .file())
    var file: String

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try settingsOptions.settings()
        let report = try await RestoreReport.restore(from: file, settings)
        try Output.print(report, asJSON: output.json) { report.text(settings) }
    }
}

extension RestoreReport {
    fileprivate func text(_ settings: Settings) -> String {
        var lines = ["restored \(settings.historyFile) from \(file)"]
        if let setAside { lines.append("the history until now is \(setAside)") }
        for certificate in certificates {
            let name = certificate.name
            if let current = certificate.current, !certificate.isOnRecord {
                lines.append(
                    "\(name): version \(current.shortVersion) is live and not on record; the next poll puts it there"
                )
            }
            if let pin = certificate.pinnedTo, pin != certificate.current {
                lines.append(
                    "warning: \(name) is pinned to version \(pin.shortVersion) again, which the next poll makes live; to keep what is live: kvagent unpin \(name)"
                )
            }
        }
        return lines.joined(separator: "\n")
    }
}

/// The command `kvagent history export`.
struct HistoryExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write all that is on record as JSON Lines, oldest first."
    )

    @Argument(help: "Where it goes; standard output when none is named.", completion: .file())
    var file: String?

    @OptionGroup var new: NewFileOptions
    @OptionGroup var settingsOptions: SettingsOptions

    func run() throws {
        let history = try settingsOptions.settings().existingHistory()
        guard let file else { return try export(history) { try Output.print($0) } }
        let new = try NewFile(at: file, for: "export history", isReplacing: new.force)
        let lines = try LineFile(new.temporary)
        try export(history) { try lines.write($0) }
        try lines.close()
        try new.publish()
    }

    private func export(_ history: History, _ write: (String) throws -> Void) throws {
        try history.export { record in
            try write(Output.json(LedgerRecordReport(record), isPretty: false))
        }
    }
}
