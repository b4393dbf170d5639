import Agent
import ArgumentParser
import Logging
import ServiceLifecycle
import UnixSignals

/// The command `kvagent run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the daemon: poll, install, reload, until told to stop.",
        discussion: """
            SIGHUP reads the settings again, SIGUSR1 polls every certificate now, SIGTERM stops.
            """
    )

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var log: LogOptions

    @Flag(name: .long, help: "Log JSON, an object a line, instead of text.")
    var json = false

    func run() async throws {
        let logger = log.logger(otherwise: .info, asJSON: json)
        let agent = try Agent.open(
            settingsOptions.settings(),
            actor: Actor.daemon,
            logger: logger
        )
        let daemon = Daemon(settingsFile: settingsOptions.file, agent: agent, logger: logger)
        // The group's own log tells of services starting and stopping, which is this one's life
        // told twice.
        var quiet = logger
        quiet.logLevel = .error
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(
                        service: daemon,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    )
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: quiet
            )
        )
        try await group.run()
    }
}
