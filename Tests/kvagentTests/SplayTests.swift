import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("The first polls after a start")
struct SplayTests {
    private func withDaemon(_ bed: TestBed, _ body: (pid_t) async throws -> Void) async throws {
        try await withRunningCommand(
            [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
        ) { pid in
            try await body(pid)
            kill(pid, SIGTERM)
        }
    }

    /// In how many seconds a certificate is polled, as `status` tells it.
    private func secondsToPoll(_ bed: TestBed, _ name: String) async throws -> TimeInterval? {
        let certificates = try await bed.json("status")["certificates"].array
        let next = certificates.first { $0["name"].string == name }?["nextPoll"].string
        return try next.map { try Date($0, strategy: .iso8601).timeIntervalSinceNow }
    }

    @Test("What is in order is polled within a tenth of the interval, at a time that status tells")
    func inOrder() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            // The longest interval, so that the tenth of it is no moment that a test meets.
            try bed.writeSettings(["web"], interval: 604_800)
            try await bed.kvagent("sync", status: 0)
            await bed.emulator.resetStatistics()
            try await withDaemon(bed) { pid in
                #expect(await waitUntil { (try? await secondsToPoll(bed, "web")) ?? nil != nil })
                let seconds = try #require(try await secondsToPoll(bed, "web"))
                #expect(seconds > 0 && seconds < 60_480)
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                kill(pid, SIGUSR1)
                #expect(await waitUntil { bed.current("web") == next })
                // The signal's alone: none came before it.
                #expect(await bed.emulator.statistics().count(.certificate) == 1)
            }
        }
    }

    @Test("What is new, damaged, of other settings or known to be newer is polled at once")
    func notInOrder() async throws {
        try await withTestBed { bed in
            let names = ["fine", "damaged", "new"]
            try await bed.observe(names)
            try bed.writeSettings(["fine", "damaged"], interval: 604_800)
            try await bed.kvagent("sync", status: 0)
            try writeFile(bed.certs.appending("damaged/current/cert.pem"), "nonsense")
            try bed.writeSettings(names, interval: 604_800)
            try await withDaemon(bed) { _ in
                #expect(await waitUntil { bed.current("new") != nil })
                let isHealed = try await waitUntil { try await bed.isWhole("damaged") }
                #expect(isHealed)
            }
            // Access that the settings ask for since, after another restart.
            try bed.writeSettings(names, interval: 604_800, entries: "mode: \"0600\"")
            try await withDaemon(bed) { _ in
                let key = bed.certs.appending("fine/current/privkey.pem")
                #expect(await waitUntil { facts(of: key).map { $0.st_mode & 0o777 } == 0o600 })
            }
        }
    }

    @Test("sync is never delayed, and a reload makes no polls")
    func commandsAndReload() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try bed.writeSettings(["a"], interval: 604_800)
            try await bed.kvagent("sync", status: 0)
            try await withDaemon(bed) { pid in
                #expect(await waitUntil { (try? await secondsToPoll(bed, "a")) ?? nil != nil })
                await bed.emulator.resetStatistics()
                try bed.writeSettings(["a", "b"], interval: 604_800)
                kill(pid, SIGHUP)
                #expect(await waitUntil { bed.current("b") != nil })
                #expect(await bed.emulator.statistics().count(.certificate) == 1)
                try await bed.kvagent("sync", status: 0)
                #expect(await bed.emulator.statistics().count(.certificate) == 3)
            }
        }
    }
}
