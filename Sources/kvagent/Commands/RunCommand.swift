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
        let settings = try settingsOptions.settings()
        let output = DaemonLog(
            settings.logging,
            level: log.logLevel ?? .info,
            forceJSON: json
        )
        let daemon = try Daemon(
            settings,
            from: settingsOptions.file,
            actor: Actor.daemon,
            logger: output.logger
        )
        // The group's own log tells of services starting and stopping, which is this one's life
        // told twice.
        var quiet = output.logger
        quiet.logLevel = .error
        // Services stop in the reverse order, so the daemon's last words are still forwarded.
        let services =
            output.forwarder.map { [ServiceGroupConfiguration.ServiceConfiguration(service: $0)] }
            ?? []
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: services + [
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
