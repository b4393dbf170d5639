import Agent
import ArgumentParser
import Foundation
import History

/// The command `kvagent wait`.
struct WaitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until certificates are installed, for services that need them first.",
        discussion: """
            Done as soon as a version of each is live and its hooks have succeeded; exits with 1 \
            when that takes longer than --timeout, and says which are missing and why. A secret \
            that is no certificate is waited for only when it is named.

            It only looks; a daemon or "kvagent sync" installs.
            """
    )

    /// How long between two looks.
    ///
    /// Not inotify(7): the directories may not be there yet, and a hook that succeeds at last shows
    /// in the history alone. Half a second is short beside the start of any service, and a look
    /// costs a few reads.
    private static let pause: Duration = .milliseconds(500)

    @Argument(help: "The certificates to wait for; all when none is named.")
    var names: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long to wait at most: 90s, 5m, 1h; 0 only looks.",
            valueName: "time"
        )
    )
    var timeout = TimeSpan.seconds(90)

    @OptionGroup var settingsOptions: SettingsOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let settings = try settingsOptions.settings()
        _ = try settings.certificates(named: names)
        let begin = ContinuousClock.now
        let end = begin + .seconds(timeout.seconds)
        var found = try look(settings)
        while !found.allSatisfy(\.installed), ContinuousClock.now < end {
            try await Task.sleep(for: min(Self.pause, end - .now))
            found = try look(settings)
        }
        let missing = found.filter { !$0.installed }
        if output.json {
            let answer = Answer(installed: missing.isEmpty, certificates: found)
            try Output.print(answer, asJSON: true) { "" }
        } else {
            for certificate in missing {
                Output.toStandardError(
                    "kvagent: error: \(certificate.name) is not installed after \(timeout): "
                        + (certificate.reason ?? "")
                )
            }
        }
        if !missing.isEmpty { throw ExitStatus.failed }
    }

    private func look(_ settings: Settings) throws -> [Installation] {
        do {
            let history = try settings.historyForReading()
            return try look(settings, history)
        } catch let error as HistoryError where error.kind != .newerSchema {
            // A service may not be allowed to read the history, and a daemon that starts may be
            // bringing it up to date; what lies in the store can be told all the same.
            return try look(settings, nil)
        }
    }

    private func look(_ settings: Settings, _ history: History?) throws -> [Installation] {
        let certificates =
            names.isEmpty
            ? try settings.certificatesWorthWaitingFor(history)
            : try settings.certificates(named: names)
        return try Installation.all(settings, of: certificates, history: history)
    }

    /// The contract of `kvagent wait --json`.
    private struct Answer: Encodable {
        let installed: Bool
        let certificates: [Installation]
    }
}
