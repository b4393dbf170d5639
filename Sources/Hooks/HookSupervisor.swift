import Glibc
import Subprocess

/// Watches over one running hook: keeps its output, and ends it when it is due.
///
/// All of it happens before the process is reaped, so its number, which is that of its group, can't
/// have gone to anybody else.
struct HookSupervisor {
    /// What is known at the end beside the exit status.
    struct Report: Sendable {
        var output = ""
        var isTimedOut = false
        /// The agent wanted it to end.
        var isStopped = false
    }

    let process: pid_t
    let timeout: Duration
    let grace: Duration

    /// What the hook runs in when `process` is only the command that started and awaits it; the
    /// service manager keeps the time-out then, and `terminateWhenDue` is for when it doesn't.
    let unit: TransientUnit?

    private enum Event: Sendable {
        case exited(output: String)
        case terminated(Due?)
    }

    private enum Due: Sendable { case timeout, stop }

    /// Returns once the process has exited, or rather been made to.
    func run(reading output: SubprocessOutputSequence, stop: AsyncStream<Void>) async -> Report {
        await withTaskGroup(of: Event.self) { group in
            group.addTask { .exited(output: await drain(output)) }
            group.addTask { .terminated(await terminateWhenDue(stop)) }
            var report = Report()
            for await event in group {
                switch event {
                case .exited(let output):
                    report.output = output
                    group.cancelAll()
                case .terminated(let due):
                    report.isTimedOut = due == .timeout
                    report.isStopped = due == .stop
                }
            }
            return report
        }
    }

    /// Reads until the process has exited, and keeps the end of what it wrote.
    private func drain(_ output: SubprocessOutputSequence) async -> String {
        var tail = OutputTail()
        var end: ContinuousClock.Instant?
        do {
            // It ends at the pipe's end or soon after the process's, whoever else holds the pipe.
            for try await piece in output {
                unsafe piece.withUnsafeBytes { unsafe tail.append($0) }
                // Someone whom the hook has left behind may go on writing for ever.
                if end == nil && hasExited { end = .now + .milliseconds(250) }
                if let end, ContinuousClock.now > end { break }
            }
        } catch {
            // What counts is how the hook ends; output that can't be read is not its fault.
        }
        // A hook may close its stdout and go on, and nothing then announces its end.
        var pause = Duration.milliseconds(1)
        while !hasExited {
            // Nobody cancels this task before it has returned.
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(50))
        }
        return tail.text
    }

    /// Ends the group if the timeout or the stop comes before the process's own end.
    ///
    /// - Returns: Which of them came; nil if neither did before the task was cancelled.
    private func terminateWhenDue(_ stop: AsyncStream<Void>) async -> Due? {
        guard let due = await waitUntilDue(stop), !hasExited else { return nil }
        if let unit {
            await unit.stop()
        } else {
            kill(-process, SIGTERM)
        }
        // Cut short by cancellation once the process is gone; the rest of its group goes then too.
        try? await Task.sleep(for: grace)
        kill(-process, SIGKILL)
        return due
    }

    private func waitUntilDue(_ stop: AsyncStream<Void>) async -> Due? {
        // The unit's own limit, its grace and the service manager's leisure come first.
        let limit = unit == nil ? timeout : timeout + grace + .seconds(20)
        return await withTaskGroup(of: Due?.self) { race in
            race.addTask {
                do {
                    try await Task.sleep(for: limit)
                    return .timeout
                } catch {
                    return nil
                }
            }
            race.addTask {
                for await _ in stop { return .stop }
                return nil
            }
            defer { race.cancelAll() }
            return await race.next() ?? nil
        }
    }

    /// Whether the process is a zombie by now; it is left to be reaped.
    private var hasExited: Bool {
        var facts = unsafe siginfo_t()
        let result = unsafe waitid(P_PID, id_t(process), &facts, WEXITED | WNOHANG | WNOWAIT)
        // waitid(2): a signal number of 0 is "not yet". An error means that there is none to wait for.
        return unsafe result != 0 || facts.si_signo != 0
    }
}
