import Glibc
import Hooks
import SystemPackage
import TestSupport
import Testing

@Suite("Hooks that have to be ended, and those that never begin", .timeLimit(.minutes(15)))
struct HookEndTests {
    /// Starts children and grandchildren, tells their numbers, and goes on for ever.
    private static let tree = """
        trap '' TERM
        sh -c 'trap "" TERM; echo $$ >> "$1"; sleep 1000 & echo $! >> "$1"; wait' sh "$1" &
        sh -c 'trap "" TERM; echo $$ >> "$1"; while :; do sleep 1; done' sh "$1" &
        echo $$ >> "$1"
        while :; do sleep 1; done
        """

    @Test("At the timeout a whole tree that ignores TERM is killed")
    func stubbornTree() async throws {
        try await withTemporaryDirectory { directory in
            let log = directory.appending("pids")
            let result = await run(
                Self.tree,
                log.string,
                timeout: .seconds(2),
                grace: .milliseconds(300)
            )
            #expect(result.outcome == .timedOut)
            #expect(result.duration >= .milliseconds(2300))
            let processes = try readText(log).split(separator: "\n").compactMap { pid_t($0) }
            #expect(processes.count == 4)
            #expect(await waitUntil { processes.allSatisfy { !isRunning($0) } })
        }
    }

    @Test("A hook that heeds TERM is timed out whatever its exit code, and keeps what it wrote")
    func heedsTerm() async {
        let script = "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.1; done"
        let result = await run(script, timeout: .seconds(1))
        #expect(result.outcome == .timedOut)
        // The shell says of its sleep, which is in the group too, that it was terminated.
        #expect(result.output.hasPrefix("hello\n") && result.output.hasSuffix("bye\n"))
    }

    @Test("Its leftovers are killed when a timed-out hook heeds TERM and they do not")
    func stubbornChild() async throws {
        try await withTemporaryDirectory { directory in
            let log = directory.appending("pids")
            let script = """
                sh -c 'trap "" TERM; echo $$ > "$1"; while :; do sleep 1; done' sh "$1" &
                trap 'exit 0' TERM
                while :; do sleep 0.1; done
                """
            let result = await run(script, log.string, timeout: .seconds(1))
            #expect(result.outcome == .timedOut)
            let child = try #require(pid_t(try readText(log).dropLast()))
            #expect(await waitUntil { !isRunning(child) })
        }
    }

    @Test("Cancellation ends a hook at once, and the outcome is its own")
    func cancellation() async throws {
        try await withTemporaryDirectory { directory in
            let ready = directory.appending("ready")
            for (script, outcome) in [
                ("touch \"$1\"; exec sleep 1000", HookOutcome.signalled(15)),
                ("trap '' TERM; touch \"$1\"; while :; do sleep 1; done", .signalled(9)),
                (
                    "trap 'exit 4' TERM; touch \"$1\"; while :; do sleep 0.1; done",
                    .failed(exitCode: 4)
                ),
            ] {
                let running = Task {
                    await run(script, ready.string, timeout: .seconds(1000), grace: .seconds(1))
                }
                #expect(await waitUntil { facts(of: ready) != nil })
                running.cancel()
                let result = await running.value
                #expect(result.outcome == outcome)
                removeTree(ready)
            }
        }
    }

    @Test("A task that is cancelled before the hook starts ends it, or does not start it")
    func cancelledBefore() async {
        let running = Task {
            await run("sleep 1000", timeout: .seconds(1000))
        }
        running.cancel()
        let outcome = await running.value.outcome
        switch outcome {
        case .signalled(15), .couldNotStart: break
        default: Issue.record("\(outcome)")
        }
    }

    @Test("Many hooks at once end each in its own way")
    func concurrency() async {
        await withTaskGroup(of: (Int, HookOutcome).self) { group in
            for code in 1...12 {
                group.addTask { (code, await run("echo \(code); exit \(code)").outcome) }
            }
            for await (code, outcome) in group { #expect(outcome == .failed(exitCode: code)) }
        }
    }

    @Test("What cannot be started says why, and leaves no descriptor open")
    func couldNotStart() async throws {
        try await withTemporaryDirectory { directory in
            func file(_ name: String, _ text: String, _ mode: mode_t = 0o755) throws -> String {
                let path = directory.appending(name)
                try writeFile(path, text, mode: mode)
                return path.string
            }
            let cases: [([String], String)] = [
                ([], "empty"),
                ([""], "empty"),
                (["bin/hook"], "relative path"),
                (
                    ["no-such-program-anywhere"],
                    "no program no-such-program-anywhere in /usr/local/sbin:"
                ),
                (["\(directory)/absent"], "No such file"),
                ([directory.string], "is a directory"),
                ([try file("plain", "#!/bin/sh\n", 0o644)], "not executable"),
                (
                    [try file("interpreter", "#! /no/such/sh -e\n")],
                    "interpreter /no/such/sh is not there"
                ),
                ([try file("windows", "#!/bin/sh\r\nexit 0\r\n")], "carriage return"),
                ([try file("text", "hello\n")], "neither a program nor a script"),
                ([try file("empty", "")], "neither a program nor a script"),
                (["/bin/sh", "-c", "echo a\0b"], "NUL"),
                (
                    ["/bin/sh", "-c", String(repeating: "x", count: 200_000)],
                    "Argument list too long"
                ),
            ]
            for (command, reason) in cases {
                let hook = Hook(
                    name: "deploy/x",
                    phase: .deploy,
                    command: command,
                    timeout: .seconds(60)
                )
                let result = await HookRunner().run(hook, event: Fixture.event())
                guard case .couldNotStart(let said) = result.outcome else {
                    Issue.record("\(command.first ?? ""): \(result.outcome)")
                    continue
                }
                #expect(said.contains(reason), "\(said)")
                #expect(result.output == "")
            }
            // Other tests' hooks have theirs meanwhile, but not for ever, as a leak would.
            #expect(try await waitUntil(within: .seconds(120)) { try openEventFiles() == 0 })
        }
    }

    /// How many event files this process has open; other tests' hooks start and end meanwhile.
    private func openEventFiles() throws -> Int {
        try names(in: "/proc/self/fd").filter { name in
            var buffer = [CChar](repeating: 0, count: 256)
            let count = unsafe readlink("/proc/self/fd/\(name)", &buffer, buffer.count)
            let target = String(
                decoding: buffer[..<max(count, 0)].map(UInt8.init(bitPattern:)),
                as: UTF8.self
            )
            return target.contains("kvagent-event")
        }.count
    }

    /// Whether a process is there and not just waiting to be reaped by somebody else.
    private func isRunning(_ process: pid_t) -> Bool {
        guard let status = try? readText(FilePath("/proc/\(process)/stat")) else { return false }
        let state = status.split(separator: ")").last?.split(separator: " ").first
        return state != "Z"
    }
}
