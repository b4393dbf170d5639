import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage

/// Runs hooks, each in a transient unit of the service manager or as a child of the agent in a
/// session of its own.
///
/// A hook starts in `/` with a clean environment, its event as JSON on stdin, stdout and stderr in
/// one pipe, no other descriptor, all signals at their defaults and umask 022: what a hook
/// installs for a service must be readable by that service, and the agent's own files don't
/// depend on the umask.
package struct HookRunner: Sendable {
    /// The directories in which a command without a slash is looked up.
    static let searchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    /// How long a hook has between TERM and KILL.
    private let grace: Duration
    private let kind: RunnerKind
    private let properties: [String: String]

    /// - Parameters:
    ///   - kind: In what hooks run; `auto` is decided here.
    ///   - properties: Of transient units, beside our own.
    ///   - grace: How long a hook that has run out of time may take to end itself.
    package init(
        _ kind: RunnerKind = .direct,
        properties: [String: String] = [:],
        grace: Duration = .seconds(5)
    ) {
        self.kind = kind.resolved
        self.properties = properties
        self.grace = grace
    }

    /// Ends the hooks that an agent which died in the pass `runId` has left running.
    ///
    /// As children they are out of reach; as units they are not.
    package func endLeftovers(of runId: String) async {
        if kind == .systemd { await TransientUnit.stopAll(of: runId) }
    }

    /// Runs a hook to its end.
    ///
    /// At the timeout its process group gets TERM, and after the grace, or as soon as the hook's
    /// own process is gone, KILL; that is `timedOut` whatever the exit code. Cancelling the task
    /// does the same at once, and the outcome is then what the process made of it, mostly
    /// `signalled`; a task that is cancelled already starts nothing. A process that has left the
    /// group with setsid(2) is out of reach.
    ///
    /// When the hook's own process ends in time, what it has left running ends with its unit; as a
    /// child's it goes on, but its output is no longer read.
    ///
    /// - Parameters:
    ///   - hook: What to run.
    ///   - event: What it is told.
    /// - Returns: How it went; never an error, since a hook that can't be run has an outcome too.
    package func run(_ hook: Hook, event: HookEvent) async -> HookRun {
        let startedAt = Date()
        let begin = ContinuousClock.now
        var attempt = await attempt(hook, event: event)
        var pauses = TransientUnit.pausesForManager[...]
        while attempt.madeNoUnit {
            var pause = pauses.popFirst()
            if pause == nil, ContinuousClock.now - begin < TransientUnit.patience,
                await TransientUnit.managerComesAndGoes()
            {
                pause = .seconds(1)
            }
            // A cancelled task starts nothing more.
            guard let pause, (try? await Task.sleep(for: pause)) != nil else { break }
            attempt = await self.attempt(hook, event: event)
        }
        return HookRun(
            hook: hook,
            startedAt: startedAt,
            duration: ContinuousClock.now - begin,
            outcome: attempt.outcome,
            output: attempt.output
        )
    }

    /// One start of a hook.
    private struct Attempt {
        let outcome: HookOutcome
        var output = ""
        /// Whether the service manager didn't come to start it.
        var madeNoUnit = false
    }

    private func attempt(_ hook: Hook, event: HookEvent) async -> Attempt {
        let (stop, requestStop) = AsyncStream.makeStream(of: Void.self)
        return await withTaskCancellationHandler {
            // A cancelled task can neither sleep nor read, and the hook must still be brought to
            // its end: so that is done in a task that cancellation only reaches as a message.
            await Task { await start(hook, event: event, stop: stop) }.value
        } onCancel: {
            requestStop.yield()
        }
    }

    private func start(
        _ hook: Hook,
        event: HookEvent,
        stop: AsyncStream<Void>
    ) async -> Attempt {
        if let reason = StartFailure.before(hook.command) {
            return Attempt(outcome: .couldNotStart(reason))
        }
        var user: HookUser?
        do throws(HookUser.Unknown) {
            user = try hook.user.map { name throws(HookUser.Unknown) in try HookUser(name) }
        } catch {
            return Attempt(outcome: .couldNotStart("\(error)"))
        }
        if kind != .systemd, let obstacle = user?.obstacle {
            return Attempt(outcome: .couldNotStart(obstacle))
        }
        let input: FileDescriptor
        do throws(Errno) {
            input = try EventFile.make(event.json())
        } catch {
            return Attempt(outcome: .couldNotStart("keep the event in memory: \(error)"))
        }
        // A child inherits it, and nothing sets it for the child alone.
        umask(0o022)
        let unit = kind == .systemd ? TransientUnit(runId: event.runId) : nil
        do {
            let ended = try await Subprocess.run(
                configuration(hook, event: event, unit: unit, user: user),
                input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                let supervisor = HookSupervisor(
                    process: execution.processIdentifier.value,
                    timeout: hook.timeout,
                    grace: grace,
                    unit: unit
                )
                return await supervisor.run(reading: execution.standardOutput, stop: stop)
            }
            let report = ended.closureResult
            if report.isTimedOut { return Attempt(outcome: .timedOut, output: report.output) }
            if let unit { return await attempt(of: unit, hook, ended.terminationStatus, report) }
            let outcome: HookOutcome =
                switch ended.terminationStatus {
                case .exited(let code): HookOutcome(exitCode: Int(code))
                case .signaled(let signal): .signalled(Int(signal))
                }
            return Attempt(outcome: outcome, output: report.output)
        } catch {
            return Attempt(outcome: .couldNotStart(Self.reason(hook.command, error)))
        }
    }

    private func attempt(
        of unit: TransientUnit,
        _ hook: Hook,
        _ status: TerminationStatus,
        _ report: HookSupervisor.Report
    ) async -> Attempt {
        let known: HookOutcome? =
            if report.isStopped {
                // A stop that was asked for counts as a success there, and is none.
                .signalled(Int(SIGTERM))
            } else if status == .exited(0) {
                .succeeded
            } else {
                await unit.end(
                    of: hook,
                    starterWasKilled: status.wasSignaled,
                    grace: grace
                )
            }
        if let known { return Attempt(outcome: known, output: report.output) }
        let words = report.output.split(separator: "\n").last.map { ": \($0)" } ?? ""
        return Attempt(
            outcome: .couldNotStart(
                "\(TransientUnit.starter) made no unit\(words); hooks.runner: direct does without"
            ),
            output: report.output,
            madeNoUnit: true
        )
    }

    private func configuration(
        _ hook: Hook,
        event: HookEvent,
        unit: TransientUnit?,
        user: HookUser?
    ) -> Configuration {
        var values = event.environment().merging(
            ["PATH": Self.searchPath, "LANG": "C.UTF-8", "HOME": "/"]
        ) { _, own in own }
        values["KVAGENT_RUNNER"] = kind.rawValue
        if let user { values.merge(user.environment) { _, own in own } }
        var command = hook.command
        if let unit {
            values = values.mapValues { TransientUnit.value($0) }
            command = unit.command(
                for: hook,
                handingOn: Array(values.keys),
                properties: properties,
                grace: grace
            )
        } else if let user {
            command = user.command(command)
        }
        let program = command.first ?? ""
        var variables: [Environment.Key: String] = [:]
        for (name, value) in values { variables[Environment.Key(stringLiteral: name)] = value }
        var options = PlatformOptions()
        options.createSession = true
        return Configuration(
            executable: program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(variables),
            workingDirectory: "/",
            platformOptions: options
        )
    }

    private static func reason(_ command: [String], _ error: any Error) -> String {
        let cause = (error as? SubprocessError)?.underlyingError
        return StartFailure.reason(for: command.first ?? "", searched: searchPath, cause)
    }
}

extension TerminationStatus {
    fileprivate var wasSignaled: Bool {
        if case .signaled = self { true } else { false }
    }
}
