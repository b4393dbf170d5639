import Subprocess
import SystemPackage

/// The transient unit of one hook run: systemd.unit(5), systemd-run(1).
///
/// It is of type `oneshot`, where death by SIGTERM is a failure, as it is not for a daemon, and where
/// the limit is `TimeoutStartSec=`. When the hook's own process ends or runs out of time, whatever
/// is left in the unit's control group gets TERM and, after the grace, KILL. A unit that failed stays
/// loaded until it has been asked how.
struct TransientUnit: Sendable {
    static let starter = "/usr/bin/systemd-run"
    private static let control = "/usr/bin/systemctl"

    /// The name without `.service`.
    let name: String

    /// - Parameter runId: The pass whose hook it is; a unit that a dead agent has left is found by it.
    init(runId: String) {
        let suffix = String(UInt32.random(in: .min ... .max), radix: 16)
        name = Self.prefix(runId) + suffix
    }

    private static func prefix(_ runId: String) -> String {
        let isPlain = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        let plain = String(decoding: runId.utf8.map { isPlain($0) ? $0 : 45 }, as: UTF8.self)
        return "kvagent-hook-\(plain)-"
    }

    /// The command that runs a hook in the unit and ends with it.
    ///
    /// - Parameters:
    ///   - hook: What to run in it, and for how long.
    ///   - variables: The names of the environment variables to hand on; values are taken from the
    ///     command's own environment and are no arguments.
    ///   - properties: More of them, as `hooks.properties` has them; they come last and win.
    ///   - grace: The time between TERM and KILL.
    /// - Returns: The program, and its arguments.
    func command(
        for hook: Hook,
        handingOn variables: [String],
        properties: [String: String],
        grace: Duration
    ) -> [String] {
        let own = [
            "--quiet", "--wait", "--pipe", "--unit=\(name)", "--service-type=oneshot",
            "--description=kvagent hook \(hook.name)",
            "--property=TimeoutStartSec=\(hook.timeout.milliseconds)ms",
            "--property=TimeoutStopSec=\(grace.milliseconds)ms",
            "--property=KillMode=control-group", "--property=SendSIGKILL=yes",
            "--property=WorkingDirectory=/", "--property=UMask=0022", "--property=LimitCORE=0",
        ]
        let user = hook.user.map { ["--property=User=\($0)"] } ?? []
        let more =
            user
            + properties.sorted { $0.key < $1.key }
            .map { "--property=\($0.key)=\($0.value)" }
        // The service manager would put variables in for "$", also where no shell is.
        let arguments = hook.command.dropFirst().map { $0.replacing("$", with: "$$") }
        return [Self.starter] + own + more + variables.sorted().map { "--setenv=\($0)" } + ["--"]
            + hook.command.prefix(1) + arguments
    }

    /// A value that the service manager takes for a variable: no control characters but tab and
    /// line end.
    static func value(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map {
                    $0.properties.generalCategory == .control && $0 != "\t" && $0 != "\n" ? " " : $0
                }
            )
        )
    }

    /// How a unit that did not succeed has ended; to be asked once, for then it is forgotten.
    ///
    /// - Returns: Nil when the service manager has no such unit, so that it was never made.
    func failure(of hook: Hook) async -> HookOutcome? {
        let text = await Self.ask([
            "show", "--property=LoadState,ActiveState,Result,ExecMainStatus", "\(name).service",
        ])
        var answer: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { answer[parts[0]] = parts[1] }
        }
        guard answer["LoadState"] == "loaded" || answer["LoadState"] == "masked" else { return nil }
        if let state = answer["ActiveState"], state != "failed", state != "inactive" {
            await stop()
            return .couldNotStart(
                "\(Self.starter) ended before the hook, which was \(state) and is stopped"
            )
        }
        await Self.tell(["reset-failed", "\(name).service"])
        let status = answer["ExecMainStatus"].flatMap { Int($0) } ?? 0
        switch answer["Result"] {
        case "timeout": return .timedOut
        case "success": return .succeeded
        case "exit-code" where status == Self.couldNotExecute:
            return .couldNotStart(
                StartFailure.reason(
                    for: hook.command.first ?? "",
                    searched: HookRunner.searchPath,
                    nil
                )
            )
        case "exit-code": return HookOutcome(exitCode: status)
        case "signal", "core-dump": return .signalled(status)
        case let result:
            return .couldNotStart("the service manager says \"\(result ?? "nothing")\" of its unit")
        }
    }

    /// EXIT_EXEC of systemd.exec(5).
    private static let couldNotExecute = 203

    /// Ends everything in the unit, TERM, and KILL after the grace, and lets the service manager
    /// forget it: to that, a hook which was ended has failed.
    func stop() async {
        await Self.end("\(name).service")
    }

    /// Ends what an agent that died in the pass `runId` has left running.
    static func stopAll(of runId: String) async {
        await end("\(prefix(runId))*.service")
    }

    private static func end(_ units: String) async {
        await tell(["stop", units])
        await tell(["reset-failed", units])
    }

    private static func ask(_ arguments: [String]) async -> String {
        // Without an answer there is nothing to say but that there was none.
        let answer = try? await Subprocess.run(
            .path(FilePath(control)),
            arguments: Arguments(arguments),
            environment: .custom(["PATH": HookRunner.searchPath, "LANG": "C.UTF-8"]),
            input: .none,
            output: .string(limit: 4096),
            error: .discarded
        )
        return answer?.standardOutput ?? ""
    }

    private static func tell(_ arguments: [String]) async {
        _ = await ask(arguments)
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
