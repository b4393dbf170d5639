import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Killed at any point")
struct CrashTests {
    /// The hook kills the agent the first time that it runs.
    private func killingOnce(_ bed: TestBed) -> String {
        "[ -e \(bed.directory)/killed ] || { touch \(bed.directory)/killed; kill -9 $PPID; sleep 5; }"
    }

    @Test(
        "After kill -9 the next pass finishes the deployment and runs every hook that was due",
        arguments: [
            ("check/k", ["deploy d web", "reload r web"]),
            ("deploy/a-kill", ["deploy a-kill web", "deploy d web", "reload r web"]),
            ("reload/a-kill", ["deploy d web", "reload a-kill web", "reload r web"]),
        ]
    )
    func converges(hook: String, due: [String]) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = bed.current("web")
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try bed.hook("deploy/d")
            try bed.hook("reload/r")
            try bed.hook(hook, killingOnce(bed))
            try await bed.kvagent("sync", status: 137)
            #expect(bed.current("web") == (hook.hasPrefix("check") ? first : second))
            #expect(try await bed.isWhole("web"))

            bed.clearJournal()
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == second)
            let ran = try bed.journalLines()
            #expect(due.allSatisfy(ran.contains), "\(ran)")
            #expect(
                try await bed.outcomes("web") == ["deployed", "interrupted", "deployed"]
            )
            #expect(
                try await bed.json("status")["certificates"][0]["state"].string == "current"
            )
        }
    }

    @Test("A hook that succeeded at its second try is no failure after a crash")
    func retriedThenKilled() async throws {
        try await withTestBed { bed in
            try bed.hook("x/second", "[ $KVAGENT_ATTEMPT -gt 1 ]")
            let command = bed.hooks.appending("x/second")
            try await bed.observe(
                ["web"],
                entries: "hooks: [{phase: deploy, run: [\(command)], retries: 1}]"
            )
            try await bed.kvagent("sync", status: 0)
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try bed.hook("reload/r", killingOnce(bed))
            try await bed.kvagent("sync", status: 137)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == second)
            #expect(
                try await bed.outcomes("web") == ["deployed", "interrupted", "deployed"]
            )
        }
    }

    @Test("A recovery needs no vault: the hooks that are due run although it is away")
    func withoutVault() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r", killingOnce(bed))
            try await bed.kvagent("sync", status: 137)
            await bed.emulator.stop()
            bed.clearJournal()
            try await bed.kvagent("sync", status: 69)
            #expect(try bed.journalLines() == ["reload r web"])
            #expect(try await bed.outcomes("web") == ["deployed", "interrupted"])
        }
    }

    @Test("A rollback that was cut short before its switch is finished by the next pass")
    func rollback() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = bed.current("web")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try bed.hook("check/k", killingOnce(bed))
            try await bed.kvagent("rollback", "web", status: 137)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == first)
            #expect(
                try await bed.json("status")["certificates"][0]["state"].string == "pinned"
            )
        }
    }

    @Test(
        "A rollback that failed while it was killed gives way to the pin that was there before",
        arguments: [1, 2]
    )
    func failedRollback(kills: Int) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("rollback", "web", "--to", second, status: 0)
            for kill in 1...kills {
                try bed.hook("deploy/k", killingOnce(bed))
                try await bed.kvagent(kill == 1 ? "rollback" : "sync", "web", status: 137)
                removeTree(bed.directory.appending("killed"))
            }
            try bed.hook("deploy/k", "[ $KVAGENT_VERSION != \(first) ]")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == second)
            #expect(
                try await bed.json("status")["certificates"][0]["pin"]["version"].string == second
            )
        }
    }

    @Test("Going back that was cut short is finished: the hooks of what is live again run")
    func goingBack() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            // Fails for the new version, and kills the agent when it runs for the old one again.
            try bed.hook(
                "reload/r",
                "grep -q '\"version\" *: *\"\(second)\"' && exit 1\n\(killingOnce(bed))"
            )
            try await bed.kvagent("sync", status: 137)
            #expect(bed.current("web") == first)
            bed.clearJournal()
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 1)
            #expect(try bed.journalLines() == ["reload r web"])
            #expect(bed.current("web") == first)
            #expect(try await bed.isWhole("web"))
            #expect(try await bed.outcomes("web") == ["rolledBack", "deployed"])
        }
    }

    @Test("Killed anywhere in a recovery, the hooks that are due still run")
    func recoveryKilled() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            for count in 1...6 {
                try bed.hook("reload/r", killingOnce(bed))
                try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                try await bed.kvagent("sync", status: 137)
                try bed.hook("reload/r")
                bed.clearJournal()
                _ = try await isKilled(bed, at: "fdatasync", count)
                try await bed.kvagent("sync", status: 0)
                #expect(try bed.journalLines().contains("reload r web"), "fdatasync \(count)")
                removeTree(bed.directory.appending("killed"))
            }
        }
    }

    @Test("A history that can't be written after the switch leaves no refused version live")
    func fullDisk() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let good = bed.current("web")
            try bed.hook("reload/r", "exit 1")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            // The database's writes fail from the hook's record on.
            let result = try await runCommand([
                "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync",
                "-e", "inject=fdatasync:error=EIO:when=8+",
                TestBed.kvagent, "sync", "--config", bed.settingsFile.string,
            ])
            #expect(result.status != 0)
            #expect(bed.current("web") == good)
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("A disk that fails to flush once keeps no version from its hooks at the next pass")
    func failedFlush() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            var failures = 0
            while failures < 40 {
                let place = "fsync \(failures + 1)"
                let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                bed.clearJournal()
                let result = try await runCommand([
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync",
                    "-e", "inject=fsync:error=EIO:when=\(failures + 1)",
                    TestBed.kvagent, "sync", "--config", bed.settingsFile.string,
                ])
                try await bed.kvagent("sync", status: 0)
                #expect(bed.current("web") == new, "\(place)")
                #expect(try bed.journalLines() == ["reload r web"], "\(place)")
                #expect(try await bed.outcomes("web").first == "deployed", "\(place)")
                guard result.status != 0 else { break }
                failures += 1
            }
            #expect((1..<40).contains(failures))
        }
    }

    /// The system calls by which anything on disk changes its name or its content for good.
    private static let calls = [
        "mkdirat", "fchown", "fchmod", "fsync", "fdatasync", "renameat", "renameat2", "symlinkat",
        "unlinkat", "pwrite64",
    ]

    /// Kills a pass at the `count`th `call` of one of its threads.
    ///
    /// - Returns: Whether it was killed, and not done before it came to that.
    private func isKilled(_ bed: TestBed, at call: String, _ count: Int) async throws -> Bool {
        let result = try await runCommand([
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)",
            "-e", "inject=\(call):signal=SIGKILL:when=\(count)",
            TestBed.kvagent, "sync", "--config", bed.settingsFile.string,
        ])
        return result.status == 137
    }

    @Test("At every change on disk: a reader sees old or new, and the next pass converges")
    func everywhere() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            var kills: [String: Int] = [:]
            for call in Self.calls {
                var count = 1
                var old = bed.current("web")
                var new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                while try await isKilled(bed, at: call, count) {
                    let place = "\(call) \(count)"
                    #expect([old, new].contains(bed.current("web")), "\(place)")
                    #expect(try await bed.isWhole("web"), "\(place)")
                    bed.clearJournal()
                    try await bed.kvagent("sync", status: 0)
                    #expect(bed.current("web") == new, "\(place)")
                    #expect(try await bed.isWhole("web"), "\(place)")
                    #expect(try await bed.outcomes("web").first == "deployed", "\(place)")
                    kills[call, default: 0] += 1
                    old = new
                    new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                    count += 1
                }
            }
            let total = kills.values.reduce(0, +)
            #expect(total > 20, "\(kills)")
            print("killed at \(total) system calls, each time old or new was whole: \(kills)")
        }
    }
}
