import Agent
import ArgumentParser
import Foundation

/// The command `kvagent config import`.
struct ConfigImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Turn the extension's settings, wherever a file has them, into a settings file.",
        discussion: """
            Takes an ARM template, what bicep build or terraform show -json prints, a VM's N.settings, or the settings \
            by themselves. Prints YAML; what has no effect here is left out and named on standard error.
            """
    )

    @Argument(help: "The file, JSON or YAML.", completion: .file())
    var file: String

    @Option(name: .long, help: "Which one, where the file has several; counted from 1.")
    var number: Int?

    func run() throws {
        let settings = try Settings.find(in: file, number: number)
        for note in settings.notes { Output.toStandardError("kvagent: note: \(note)") }
        try Output.print(settings.effective.written?.yaml(withOrigins: false) ?? "")
    }
}
