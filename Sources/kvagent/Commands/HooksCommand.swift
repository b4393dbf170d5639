import Agent
import ArgumentParser
import Hooks
import SystemPackage

/// The command `kvagent hooks`.
struct HooksCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hooks",
        abstract: "List hooks, turn shipped ones on and off, and try them.",
        subcommands: [
            HooksListCommand.self, HooksEnableCommand.self, HooksDisableCommand.self,
            HooksTestCommand.self,
        ]
    )
}

/// Where the hooks lie that come with kvagent.
struct ShippedOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the hooks to turn on lie (default: \(ShippedHook.directory)).",
            valueName: "directory"
        ),
        completion: .directory
    )
    var from: String?

    var directory: FilePath { from.map { FilePath($0) } ?? ShippedHook.directory }
}

extension HookPhase: ExpressibleByArgument {}

/// The command `kvagent hooks list`.
struct HooksListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the hooks that run, those that are passed over, and those to turn on."
    )

    @OptionGroup var shipped: ShippedOptions
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let list = try HookList(settingsOptions.settings(), shipped: shipped.directory)
        try Output.print(list, asJSON: output.json) { list.text }
    }
}

/// The command `kvagent hooks enable`.
struct HooksEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Link a hook that comes with kvagent to where it runs."
    )

    @Argument(
        help: "The hook's name, as in /usr/share/kvagent/hooks.",
        completion: .custom { _, _, _ in ShippedHook.all().map(\.name) }
    )
    var name: String

    @Option(name: .long, help: "Run it in this phase instead of the one that it is written for.")
    var phase: HookPhase?

    @Option(
        name: .long,
        help: "Run it for this certificate only.",
        completion: Completion.certificates
    )
    var certificate: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Its place among the hooks of the phase, 0 to 99.",
            valueName: "number"
        )
    )
    var order = 50

    @OptionGroup var shipped: ShippedOptions
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard (0...99).contains(order) else {
            throw ValidationError("--order takes a number from 0 to 99")
        }
    }

    func run() throws {
        let links = try HookLinks(settingsOptions.settings(), shipped: shipped.directory)
        let change = try links.enable(name, phase: phase, certificate: certificate, order: order)
        try Output.print(change, asJSON: output.json) {
            change.changed
                ? "enabled \(change.name); try it with: kvagent hooks test \(change.name)"
                : "\(change.name) is enabled already"
        }
    }
}

/// The command `kvagent hooks disable`.
struct HooksDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Remove the link of a hook; a file is not removed."
    )

    @Argument(help: "The hook's name, as hooks list has it, or its file's name alone.")
    var name: String

    @Option(name: .long, help: "Look in this phase only.")
    var phase: HookPhase?

    @Option(
        name: .long,
        help: "Look at the hooks of this certificate only.",
        completion: Completion.certificates
    )
    var certificate: String?

    @OptionGroup var shipped: ShippedOptions
    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let links = try HookLinks(settingsOptions.settings(), shipped: shipped.directory)
        let change = try links.disable(name, phase: phase, certificate: certificate)
        try Output.print(change, asJSON: output.json) {
            "disabled \(change.name), a link to \(change.target)"
        }
    }
}

/// The command `kvagent hooks test`.
struct HooksTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run a hook against what is live now; kvagent itself changes nothing.",
        discussion: """
            A reload hook runs once for all certificates, any other once for each. The hook is told \
            the trigger "test".
            """
    )

    @Argument(help: "The hook's name, as hooks list has it, or its file's name alone.")
    var name: String

    @Option(
        name: .long,
        help: "Run it for this certificate only.",
        completion: Completion.certificates
    )
    var certificate: String?

    @OptionGroup var shipped: ShippedOptions
    @OptionGroup var acting: ActingOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let agent = try acting.agent()
        let trials = try await agent.tryHook(
            name,
            certificate: certificate,
            shipped: shipped.directory
        )
        try Output.print(trials, asJSON: output.json) {
            trials.map(\.text).joined(separator: "\n")
        }
        if !trials.allSatisfy(\.isSuccess) { throw ExitStatus.failed }
    }
}

extension HookTrial {
    fileprivate var text: String {
        let words = certificates.joined(separator: " ")
        let heading = "\(phase) hook \(name) for \(words): \(end) after \(durationMs) ms"
        return ([heading] + output.split(separator: "\n").map { "  \($0)" })
            .joined(separator: "\n")
    }
}

extension HookList {
    fileprivate var text: String {
        guard !entries.isEmpty else { return "no hooks" }
        var table = Table("NAME", "PHASE", "FROM", "ENABLED", "CERTIFICATES", "PATH")
        for entry in entries {
            let names = entry.isGlobal ? "all" : entry.certificates.joined(separator: " ")
            table.add(
                entry.name,
                entry.phase ?? "-",
                entry.source.rawValue,
                entry.enabled ? "yes" : "no",
                names.isEmpty ? "-" : names,
                entry.command.isEmpty ? entry.path : entry.command.joined(separator: " ")
            )
        }
        let warnings = entries.flatMap { entry in
            entry.warnings.map { "warning: skip \(entry.path): \($0)" }
        }
        return ([table.text()] + warnings).joined(separator: "\n")
    }
}
