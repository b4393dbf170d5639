import Foundation
import Glibc
import SystemPackage
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("The daemon")
struct DaemonTests {
    private func withDaemon(
        _ bed: TestBed,
        _ body: (pid_t) async throws -> Void
    ) async throws {
        try await withRunningCommand(
            [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
        ) { pid in
            try await body(pid)
            kill(pid, SIGTERM)
            #expect(await waitUntil { !isAlive(pid) })
        }
    }

    private func isAlive(_ pid: pid_t) -> Bool {
        guard let stat = try? readText(FilePath("/proc/\(pid)/stat")) else { return false }
        return !stat.contains(") Z ")
    }

    @Test("It installs at once, follows a rotation within the interval, and stops on SIGTERM")
    func follows() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withDaemon(bed) { pid in
                #expect(await waitUntil { bed.current("web") != nil })
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(await waitUntil { bed.current("web") == next })
                let agent = try await bed.json("status")["agent"]
                #expect(agent["pid"].int == Int(pid))
                #expect(agent["nextPass"].string != nil)
                #expect(
                    try await bed.json("history", "web").array.allSatisfy {
                        $0["trigger"].string == "poll" && $0["actor"].string == "daemon"
                    }
                )
            }
            #expect(try await bed.json("status")["agent"]["pid"] == .null)
        }
    }

    @Test("What a command leaves that is killed beside it, it removes at its next poll")
    func leftovers() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withDaemon(bed) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                let left = bed.certs.appending("web/versions/.staging-0123456789abcdef")
                try writeFile(left.appending("privkey.pem"), "a key")
                // A holder that is killed leaves its number in the lock's file.
                let lock = bed.state.appending("lock")
                let result = try await runCommand([
                    "flock", lock.string, "sh", "-c", "echo 4194304 >\(lock)",
                ])
                #expect(result.status == 0)
                #expect(await waitUntil { facts(of: left) == nil })
                #expect(await waitUntil { (try? readText(lock)) == "" })
            }
        }
    }

    @Test("When a pin's end has come, the next poll deploys the version that it kept back")
    func pinEnds() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withDaemon(bed) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                let first = bed.current("web")
                func pin(for seconds: TimeInterval) async throws {
                    let end = Date(timeIntervalSinceNow: seconds).formatted(.iso8601)
                    try await bed.kvagent("pin", "web", "--until", end, status: 0)
                }
                try await pin(for: 600)
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(
                    await waitUntil {
                        (try? await bed.outcomes("web").first) == "held"
                    }
                )
                #expect(bed.current("web") == first)
                try await pin(for: 3)
                #expect(await waitUntil { bed.current("web") == next })
                #expect(
                    await waitUntil {
                        (try? await bed.outcomes("web").first) == "deployed"
                    }
                )
                #expect(
                    try await bed.json("status")["certificates"][0]["state"].string == "current"
                )
            }
        }
    }

    @Test("SIGUSR1 polls now, whatever the interval")
    func pollNow() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await withDaemon(bed) { pid in
                #expect(await waitUntil { bed.current("web") != nil })
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                kill(pid, SIGUSR1)
                #expect(await waitUntil { bed.current("web") == next })
            }
        }
    }

    @Test("An owed hook is tried again between two polls")
    func owedHook() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r", "[ $KVAGENT_ATTEMPT -gt 1 ] || exit 75")
            try await withDaemon(bed) { _ in
                let hasRunAgain = try await waitUntil(within: .seconds(90)) {
                    try bed.journalLines().count == 2
                }
                #expect(hasRunAgain)
                let isSettled = try await waitUntil {
                    try await bed.json("status")["certificates"][0]["owedHooks"].array.isEmpty
                }
                #expect(isSettled)
            }
        }
    }

    @Test("Certificates that change within the window are one batch")
    func coalescing() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try bed.hook("reload/r")
            try bed.writeSettings(
                ["a", "b"],
                extra: "hooks: {directory: \(bed.hooks), coalesce: {window: 3s, limit: 30s}}"
            )
            try await withDaemon(bed) { pid in
                // The first installation waits for nothing.
                let isFirst = try await waitUntil { try bed.journalLines() == ["reload r a b"] }
                #expect(isFirst)
                let a = try await bed.emulator.rotate(vault: TestBed.vault, name: "a")
                await bed.emulator.resetStatistics()
                kill(pid, SIGUSR1)
                // Seen by nobody but the look at the window's end: the interval is an hour, and the
                // list that says that the other has not changed comes before.
                try await bed.emulator.waitForRequests(.certificate, count: 1)
                let b = try await bed.emulator.rotate(vault: TestBed.vault, name: "b")
                #expect(await waitUntil { bed.current("a") == a && bed.current("b") == b })
                let isOneBatch = try await waitUntil {
                    try bed.journalLines() == ["reload r a b", "reload r a b"]
                }
                #expect(isOneBatch)
            }
        }
    }

    @Test("SIGHUP takes over new settings; bad ones are refused and the old ones stay")
    func reload() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a"])
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "b",
                TestBed.options("b.example")
            )
            try await withDaemon(bed) { pid in
                #expect(await waitUntil { bed.current("a") != nil })
                try writeFile(bed.settingsFile, "secretsManagementSettings: {")
                kill(pid, SIGHUP)
                try bed.writeSettings(["a", "b"])
                kill(pid, SIGHUP)
                #expect(await waitUntil { bed.current("b") != nil })
            }
        }
    }

    @Test("A second daemon on the same state is refused with 11")
    func second() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await withDaemon(bed) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                try await bed.kvagent("run", status: 11)
            }
        }
    }

    @Test("Commands work beside it: rollback, pin and sync take turns with its polls")
    func beside() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withDaemon(bed) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                let first = bed.current("web")
                let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(await waitUntil { bed.current("web") == second })
                try await bed.kvagent("rollback", "web", status: 0)
                #expect(bed.current("web") == first)
                let third = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                let isHeld = try await waitUntil {
                    try await bed.json("status")["certificates"][0]["latest"].string == third
                }
                #expect(isHeld && bed.current("web") == first)
                try await bed.kvagent("unpin", "web", status: 0)
                #expect(await waitUntil { bed.current("web") == third })
            }
        }
    }

    @Test("Bad settings at the start exit with 78, before anything is written")
    func badSettings() async throws {
        try await withTestBed { bed in
            try writeFile(bed.settingsFile, "secretsManagementSettings: {observedCertificates: []}")
            try await bed.kvagent("run", status: 78)
            #expect(facts(of: bed.state) == nil)
        }
    }
}
