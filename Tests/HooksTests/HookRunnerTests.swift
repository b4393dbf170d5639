import Glibc
import Hooks
import SystemPackage
import TestSupport
import Testing

@Suite("Running hooks", .timeLimit(.minutes(15)))
struct HookRunnerTests {
    @Test(
        "The exit code decides",
        arguments: [
            ("exit 0", .succeeded), ("exit 1", .failed(exitCode: 1)), ("exit 75", .later),
            ("exit 255", .failed(exitCode: 255)), ("kill -TERM $$", .signalled(15)),
            ("kill -KILL $$", .signalled(9)),
        ] as [(String, HookOutcome)]
    )
    func outcomes(script: String, outcome: HookOutcome) async {
        let result = await run(script)
        #expect(result.outcome == outcome)
        #expect(result.outcome.isSuccess == (script == "exit 0"))
    }

    @Test("The environment is the event's and five names more")
    func environment() async {
        let result = await run("exec env")
        let variables = Dictionary(
            result.output.split(separator: "\n").map { line in
                let parts = line.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                return (String(parts[0]), String(parts[1]))
            },
            uniquingKeysWith: { _, last in last }
        )
        var expected = Fixture.event().environment()
        expected["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        expected["LANG"] = "C.UTF-8"
        expected["HOME"] = "/"
        expected["KVAGENT_RUNNER"] = "direct"
        // The shell's own.
        expected["PWD"] = "/"
        #expect(
            variables.filter { $0.key != "_" && $0.key != "OLDPWD" && $0.key != "SHLVL" }
                == expected
        )
    }

    @Test("The event is on stdin as JSON, whole, also when it is large")
    func standardInput() async throws {
        try await withTemporaryDirectory { directory async throws in
            let domains = (0..<20_000).map { "host-\($0).contoso.com" }
            let certificates = [
                Fixture.certificate("a", domains: domains), Fixture.certificate("b"),
            ]
            let event = Fixture.event(.reload, certificates)
            let copy = directory.appending("event.json")
            let result = await run("cat > \"$1\"", copy.string, event: event)
            #expect(result.outcome == .succeeded)
            #expect(try readFile(copy) == event.json())
            #expect(event.json().count > 400_000)
        }
    }

    @Test("A hook that does not read a large event, or closes its stdin, does not fail for it")
    func unreadInput() async {
        let domains = (0..<20_000).map { "host-\($0).contoso.com" }
        let event = Fixture.event(
            .reload,
            [Fixture.certificate("a", domains: domains), Fixture.certificate("b")]
        )
        #expect(await run("exit 0", event: event).outcome == .succeeded)
        #expect(await run("exec <&-; exit 0", event: event).outcome == .succeeded)
    }

    @Test(
        "It starts in /, in a session of its own, with umask 022 and no foreign descriptor or signal"
    )
    func surroundings() async throws {
        let leak = try FileDescriptor.open(FilePath("/etc/passwd"), .readOnly)
        defer { try? leak.close() }
        let script = """
            pwd; umask; ps -o sid= -p $$ | tr -d ' '; echo $$
            ls -1 /proc/self/fd | tr '\\n' ' '; echo
            grep -E '^Sig(Blk|Ign)' /proc/self/status | tr -s '[:space:]' ' '
            """
        let lines = await run(script).output.split(separator: "\n").map(String.init)
        try #require(lines.count == 6)
        #expect(lines[0] == "/" && lines[1] == "0022" && lines[2] == lines[3])
        // 3 is the directory that ls reads.
        #expect(lines[4] == "0 1 2 3 ")
        let sets = lines[5].split(separator: " ").compactMap { UInt64($0, radix: 16) }
        try #require(sets.count == 2)
        // Signals 32 and 33 are the C library's own.
        #expect(sets[0] == 0 && sets[1] & 0x7FFF_FFFF == 0)
    }

    @Test("stdout and stderr are kept together in their order")
    func combinedOutput() async {
        let result = await run("echo one; echo two >&2; echo three; echo four >&2")
        #expect(result.output == "one\ntwo\nthree\nfour\n")
    }

    @Test("Of much output the last 8 KiB are kept")
    func largeOutput() async {
        let result = await run(
            "head -c 100000000 /dev/zero | tr '\\0' x; echo end",
            timeout: .seconds(600)
        )
        #expect(result.outcome == .succeeded)
        #expect(result.output.utf8.count == 8192)
        #expect(result.output.hasSuffix("xxxend\n"))
    }

    @Test("Binary output becomes text without control characters, and never more than 8 KiB")
    func binaryOutput() async {
        let result = await run("printf 'a\\000\\033[1mb\\tc\\r\\n\\377d'")
        #expect(result.output == "a[1mb\tc\n\u{FFFD}d")
        let noise = await run("head -c 100000 /dev/urandom; printf ' end'")
        #expect(noise.outcome == .succeeded)
        #expect(noise.output.utf8.count <= 8192 && noise.output.hasSuffix(" end"))
    }

    @Test("A character that the cut falls into is left out")
    func cutCharacter() async {
        let result = await run(
            "i=0; while [ $i -lt 3000 ]; do printf '€€€€€'; i=$((i+5)); done; printf x"
        )
        #expect(!result.output.contains("\u{FFFD}") && result.output.hasSuffix("€x"))
    }

    @Test(
        "A private key that a hook prints does not come into its output",
        arguments: [
            (
                "cat <<E\na\n-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\nb\nE",
                "a\n", "b\n"
            ),
            ("cat <<E\na\n-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\nE", "a\n", ">"),
            (
                "head -c 8100 /dev/zero | tr '\\0' x; echo; echo c2VjcmV0; echo -----END PRIVATE KEY-----; echo b",
                "", "b\n"
            ),
            // An accent on the last hyphen, which makes it another character.
            ("printf 'a\\n-----BEGIN PRIVATE KEY-----\\314\\201\\nc2VjcmV0\\n'", "a\n", ">"),
        ]
    )
    func keysAreLeftOut(script: String, start: String, end: String) async {
        let output = await run(script).output
        #expect(!output.contains("c2VjcmV0"))
        #expect(output.contains("<private key left out>"))
        #expect(output.hasPrefix(start) && output.hasSuffix(end))
    }

    @Test("A hook that closes its output is waited for")
    func closedOutput() async {
        let result = await run("exec >&- 2>&-; sleep 0.2; exit 3")
        #expect(result.outcome == .failed(exitCode: 3))
        #expect(result.duration >= .milliseconds(200))
    }

    @Test("A process that a hook leaves behind goes on, and its hold on the output is no wait")
    func daemonHook() async throws {
        try await withTemporaryDirectory { directory in
            let number = directory.appending("pid")
            let script = "sleep 1000 & echo $! > \"$1\"; echo started"
            let result = await run(script, number.string)
            #expect(result.outcome == .succeeded && result.output == "started\n")
            let process = try #require(pid_t(try readText(number).dropLast()))
            #expect(kill(process, 0) == 0)
            kill(process, SIGKILL)
        }
    }

    @Test("A process that a hook leaves behind writing for ever is no wait either")
    func chattyDaemon() async throws {
        try await withTemporaryDirectory { directory in
            let number = directory.appending("pid")
            let result = await run("yes & echo $! > \"$1\"", number.string)
            #expect(result.outcome == .succeeded)
            let process = try #require(pid_t(try readText(number).dropLast()))
            kill(process, SIGKILL)
        }
    }

    @Test("Arguments go through as they are, and no shell reads them")
    func arguments() async {
        let hook = Hook(
            name: "settings:deploy[0]",
            phase: .deploy,
            command: ["printf", "%s|", "a b", "$HOME", "*", "; exit 9", ""],
            timeout: .seconds(60)
        )
        let result = await HookRunner().run(hook, event: Fixture.event())
        #expect(result.outcome == .succeeded && result.output == "a b|$HOME|*|; exit 9||")
    }
}
