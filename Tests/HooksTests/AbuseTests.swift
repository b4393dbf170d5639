import Foundation
import Glibc
import Hooks
import SystemPackage
import TestSupport
import Testing

/// What an agent must live with; signals, binary output, an event that isn't read and files that
/// others may write are with the running and the finding of hooks.
@Suite("Hooks that misbehave", .timeLimit(.minutes(15)))
struct AbuseTests {
    @Test("Of 1 GB of output the last 8 KiB are kept")
    func gigabyte() async {
        let result = await run(
            "head -c 1073741824 /dev/zero | tr '\\0' x; echo end",
            timeout: .seconds(280)
        )
        #expect(result.outcome == .succeeded)
        #expect(result.output.utf8.count == 8192 && result.output.hasSuffix("xxxend\n"))
    }

    @Test("One that closes all of its descriptors is waited for")
    func closesEverything() async {
        let result = await run("exec <&- >&- 2>&-; sleep 0.2; exit 4")
        #expect(result.outcome == .failed(exitCode: 4) && result.output == "")
        #expect(result.duration >= .milliseconds(200))
    }

    @Test("A daemon that has forked twice holds neither the agent nor the output up")
    func doubleFork() async throws {
        try await withTemporaryDirectory { directory in
            let number = directory.appending("pid")
            let script = """
                setsid sh -c 'sleep 1000 & echo $! > "$1"' sh "$1" &
                while [ ! -s "$1" ]; do sleep 0.05; done
                echo started
                """
            let result = await run(script, number.string)
            #expect(result.outcome == .succeeded && result.output == "started\n")
            let process = try #require(pid_t(try readText(number).dropLast()))
            #expect(kill(process, 0) == 0)
            kill(process, SIGKILL)
        }
    }

    @Test("A daemon that has forked twice does not keep a hook from timing out")
    func doubleForkAndTimeout() async throws {
        try await withTemporaryDirectory { directory in
            let number = directory.appending("pid")
            let script = """
                setsid sh -c 'sleep 1000 & echo $! > "$1"' sh "$1" &
                trap '' TERM
                while :; do sleep 1; done
                """
            let result = await run(
                script,
                number.string,
                timeout: .seconds(2),
                grace: .milliseconds(300)
            )
            #expect(result.outcome == .timedOut)
            let process = try #require(pid_t(try readText(number).dropLast()))
            kill(process, SIGKILL)
        }
    }

    @Test("A file that is replaced while it runs is run to its end; the next run is of the new one")
    func replaced() async throws {
        try await withTemporaryDirectory { directory in
            let (ready, go) = (directory.appending("ready"), directory.appending("go"))
            let path = directory.appending("hook")
            let old =
                "#!/bin/sh\ntouch \(ready)\nwhile [ ! -e \(go) ]; do sleep 0.05; done\necho old\n"
            try writeFile(path, old, mode: 0o755)
            let hook = Hook(
                name: "deploy/hook",
                phase: .deploy,
                command: [path.string],
                timeout: .seconds(60)
            )
            let running = Task { await HookRunner().run(hook, event: Fixture.event()) }
            #expect(await waitUntil { facts(of: ready) != nil })
            let new = directory.appending("new")
            try writeFile(new, "#!/bin/sh\necho new\n", mode: 0o755)
            #expect(unsafe rename(new.string, path.string) == 0)
            try writeFile(go, "")
            #expect(await running.value.output == "old\n")
            #expect(await HookRunner().run(hook, event: Fixture.event()).output == "new\n")
        }
    }

    @Test("A hooks.d that is a symlink counts when it leads to a directory that can be trusted")
    func linkedDirectory() throws {
        try withTemporaryDirectory { directory throws in
            let real = directory.appending("real")
            try writeFile(real.appending("deploy/10-a"), "#!/bin/sh\n", mode: 0o755)
            let link = directory.appending("hooks.d")
            #expect(unsafe symlink(real.string, link.string) == 0)
            let catalog = HookCatalog.discover(in: link, timeout: .seconds(1))
            #expect(catalog.hooks.map(\.name) == ["deploy/10-a"] && catalog.warnings.isEmpty)
            #expect(unsafe chmod(real.string, 0o777) == 0)
            let refused = HookCatalog.discover(in: link, timeout: .seconds(1))
            #expect(refused.hooks.isEmpty && refused.warnings.count == 1)
        }
    }
}
