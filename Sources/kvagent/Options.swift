import Agent
import ArgumentParser
import Foundation
import Glibc
import History
import Logging
import Store
import SystemPackage

/// What every command takes.
struct SettingsOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The settings file, YAML or JSON.",
            valueName: "file"
        ),
        completion: .file()
    )
    var config: String?

    /// The file named by option, environment or default, in that order.
    var file: String { Self.file(named: config) }

    static func file(named config: String?) -> String {
        if let config { return config }
        if let named = ProcessInfo.processInfo.environment["KVAGENT_CONFIG"], !named.isEmpty {
            return named
        }
        return Settings.defaultFile
    }

    func settings() throws -> Settings {
        try Settings.read(file)
    }
}

/// What every command that prints takes.
struct OutputOptions: ParsableArguments {
    @Flag(name: .long, help: "Print JSON; its fields are documented and stay.")
    var json = false
}

/// How much a command says of what it does.
struct LogOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Log from this level on; by default run logs from info on, other commands nothing.",
            valueName: "level"
        )
    )
    var logLevel: Logger.Level?

    func logger(otherwise level: Logger.Level, asJSON: Bool = false) -> Logger {
        let level = logLevel ?? level
        return Logger(label: "kvagent") { _ in LineLogHandler(level: level, asJSON: asJSON) }
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// Which certificate a command is about.
struct NameArgument: ParsableArguments {
    @Argument(
        help: "The certificate's name in the settings.",
        completion: Completion.certificates
    )
    var name: String
}

/// What a command that changes something works with.
struct ActingOptions: ParsableArguments {
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var log: LogOptions

    /// The agent that acts for the user who runs the command.
    ///
    /// It logs nothing unless asked: what a command did is its own output.
    ///
    /// - Parameter opened: The history as it was before, where it may have proved damaged in use.
    /// - Returns: One with the settings and the history as they are now.
    /// - Throws: `SettingsError`, `HistoryError`.
    func agent(after opened: History? = nil) throws -> Agent {
        let agent = try Agent.open(
            settingsOptions.settings(),
            actor: Actor.user,
            logger: log.logger(otherwise: .critical),
            after: opened
        )
        if let path = agent.damagedHistory {
            Output.toStandardError(
                "kvagent: warning: the history was damaged and is now \(path); the new one has none of its pins and refusals"
            )
        }
        return agent
    }
}

/// Who is behind this process, for the history.
enum Actor {
    static let daemon = "daemon"

    /// The user as a name, and what acts for it: `alice`, `root (sudo by alice)`,
    /// `root (unit renew.service)`.
    static var user: String {
        let environment = ProcessInfo.processInfo.environment
        let name = NSUserName().isEmpty ? "uid \(getuid())" : NSUserName()
        if getuid() == 0, let caller = environment["SUDO_USER"], !caller.isEmpty {
            return "\(name) (sudo by \(caller.prefix(64)))"
        }
        return unit.map { "\(name) (unit \($0.prefix(64)))" } ?? name
    }

    /// The service that this process belongs to; nil in a person's session.
    private static var unit: String? {
        // A line is "0::/system.slice/renew.service", as cgroups(7) has it.
        guard let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else {
            return nil
        }
        return text.split(separator: "\n").lazy
            .filter { $0.hasPrefix("0::") || $0.contains(":name=systemd:") }
            .compactMap { $0.split(separator: "/").last.map(String.init) }
            .first { $0.hasSuffix(".service") }
    }
}

extension Settings {
    /// The history for reading; nil when the agent has never run.
    func historyForReading() throws -> History? {
        try History.openForReading(at: historyFile.string)
    }
}
