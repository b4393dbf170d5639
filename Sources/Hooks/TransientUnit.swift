import Glibc
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

    /// How the hook has ended whose starter did not end well; to be asked once, for then the unit
    /// is forgotten.
    ///
    /// A starter that was cut off from the service manager has left the hook running, and its end
    /// is waited for. When the starter was killed, somebody wants no more of the hook, and it is
    /// stopped.
    ///
    /// - Parameters:
    ///   - hook: The hook.
    ///   - wasKilled: Whether a signal has ended the starter.
    ///   - grace: The time between TERM and KILL.
    /// - Returns: Nil when the service manager has no such unit, so that it was never made.
    func end(of hook: Hook, starterWasKilled wasKilled: Bool, grace: Duration) async -> HookOutcome?
    {
        // Its time is over before, by the service manager's clock.
        let limit = ContinuousClock.now + hook.timeout + grace + .seconds(10)
        var wasRunning = false
        while true {
            let facts = await facts()
            let load = facts["LoadState"]
            let isThere = load == "loaded" || load == "masked"
            // What has failed stays until it is forgotten; what has succeeded does not.
            if !isThere, load != nil || !wasRunning { return wasRunning ? .succeeded : nil }
            let state = facts["ActiveState"] ?? "out of sight"
            if state != "failed", state != "inactive" {
                guard !wasKilled, .now < limit else {
                    await stop()
                    return .couldNotStart(
                        "\(Self.starter) ended before the hook, which was \(state) and is stopped"
                    )
                }
                wasRunning = true
                try? await Task.sleep(for: .milliseconds(200))
                continue
            }
            _ = await Self.askPatiently(["reset-failed", "\(name).service"])
            return outcome(facts, of: hook)
        }
    }

    /// What the service manager says of the unit.
    private func facts() async -> [Substring: Substring] {
        let properties = "--property=LoadState,ActiveState,Result,ExecMainStatus"
        let text = await Self.askPatiently(["show", properties, "\(name).service"])
        var facts: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { facts[parts[0]] = parts[1] }
        }
        return facts
    }

    private func outcome(_ facts: [Substring: Substring], of hook: Hook) -> HookOutcome {
        let status = facts["ExecMainStatus"].flatMap { Int($0) } ?? 0
        switch facts["Result"] {
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
        // Both fail where there is nothing to end, so neither is said twice.
        _ = await ask(["stop", units])
        _ = await ask(["reset-failed", units])
    }

    /// The pauses before a start that made no unit is tried again, whatever the reason.
    ///
    /// A service manager that re-executes itself, as its own upgrade makes it, cuts off who asks it
    /// and makes no units for a moment; a renewal must not be refused for that.
    static let pausesForManager: [Duration] = [.seconds(1), .seconds(2)]

    /// How long what went wrong is tried again while the service manager is known to come and go.
    static let patience: Duration = .seconds(60)

    /// Whether the service manager is out of reach, or has loaded its units anew within the last
    /// seconds, as it does when it re-executes itself: who then got no unit made may get one later.
    static func managerComesAndGoes() async -> Bool {
        guard RunnerKind.systemd.obstacle == nil else { return false }
        guard let answer = await ask(["show", "--property=UnitsLoadTimestampMonotonic"]) else {
            return true
        }
        let loaded = answer.split { $0 == "=" || $0 == "\n" }.last.flatMap { Int($0) } ?? 0
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        // It is back on the bus only a while after it has its units.
        return loaded > 0 && loaded / 1_000_000 + 5 > now.tv_sec
    }

    /// The answer to what mostly succeeds when the service manager is there; empty without one.
    private static func askPatiently(_ arguments: [String]) async -> String {
        let limit = ContinuousClock.now + patience
        while true {
            if let answer = await ask(arguments) { return answer }
            // A cancelled task's sleep is cut short, which is right: then the first answer has to do.
            guard .now < limit, await managerComesAndGoes(),
                (try? await Task.sleep(for: .seconds(1))) != nil
            else { return "" }
        }
    }

    /// What systemctl says; nil when it does not succeed.
    private static func ask(_ arguments: [String]) async -> String? {
        let answer = try? await Subprocess.run(
            .path(FilePath(control)),
            arguments: Arguments(arguments),
            environment: .custom(["PATH": HookRunner.searchPath, "LANG": "C.UTF-8"]),
            input: .none,
            output: .string(limit: 4096),
            error: .discarded
        )
        guard let answer, answer.terminationStatus.isSuccess else { return nil }
        return answer.standardOutput
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
