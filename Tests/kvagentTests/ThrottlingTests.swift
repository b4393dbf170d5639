import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("A vault that throttles")
struct ThrottlingTests {
    @Test("A vault that asks for time is asked once, however many certificates there are")
    func throttledForLong() async throws {
        try await withTestBed { bed in
            let names = (1...40).map { "c\($0)" }
            try await bed.observe(names)
            await bed.emulator.setFault(.throttle(retryAfterSeconds: 600))
            await bed.emulator.resetStatistics()
            let result = try await bed.kvagent("sync", status: 69)
            let words = "not asked, the vault had failed before: 429 Too Many Requests (Throttled)"
            #expect(result.output.contains(words) || result.errors.contains(words))
            // Those that were under way together.
            #expect(await bed.emulator.statistics().count(.certificate) <= 32)
        }
    }

    @Test("The daemon leaves such a vault alone for as long as it wants")
    func daemonHeedsRetryAfter() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            var fault = Fault.throttle(retryAfterSeconds: 600)
            fault.vault = TestBed.vault
            await bed.emulator.setFault(fault)
            try bed.writeSettings(["a", "b"], interval: 1)
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                let isPlanned = try await waitUntil {
                    let certificates = try await bed.json("status")["certificates"].array
                    return certificates.count == 2
                        && certificates.allSatisfy { $0["lastPoll"]["ok"] == .flag(false) }
                }
                #expect(isPlanned)
                for certificate in try await bed.json("status")["certificates"].array {
                    let next = try #require(certificate["nextPoll"].string)
                    let date = try Date(next, strategy: .iso8601)
                    #expect(date.timeIntervalSinceNow > 500, "\(next)")
                }
                kill(pid, SIGTERM)
            }
        }
    }
}
