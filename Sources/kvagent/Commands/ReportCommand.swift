import Agent
import ArgumentParser
import Foundation
import Store
import SystemPackage

/// The command `kvagent report`.
struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write one HTML page on all certificates and their history.",
        discussion: """
            The page needs no network and no script. It has what needs attention, and for each \
            certificate a timeline of its versions, its newest deployments, its hooks and pins. \
            It holds no key. Asks no vault and changes nothing else.
            """
    )

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the page goes; - is standard output.",
            valueName: "file"
        ),
        completion: .file(extensions: ["html"])
    )
    var output: String

    @OptionGroup var settingsOptions: SettingsOptions

    func validate() throws {
        guard !output.isEmpty else { throw ValidationError("--output must name a file") }
    }

    func run() throws {
        let settings = try settingsOptions.settings()
        let page = try ReportPage(
            settings,
            history: settings.historyForReading(),
            daemon: ProcessLock.currentHolder(at: settings.daemonLockFile).map { Int($0) },
            host: Host.name
        )
        guard output != "-" else {
            return try page.write { try Output.write($0) }
        }
        // For the file's group alone: the page holds no secret, but names of hosts and people.
        try DurableFile.replace(FilePath(output), mode: 0o640) { write in
            try page.write { try write($0) }
        }
    }
}
