import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Many certificates of one vault")
struct ListTests {
    @Test("The daemon finds a rotation among them with a list, and asks few of them singly")
    func rotation() async throws {
        try await withTestBed { bed in
            let names = (1...26).map { "c\($0)" }
            try await bed.observe(names)
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                #expect(await waitUntil { names.allSatisfy { bed.current($0) != nil } })
                // The pass is over when all of its polls are on record.
                let isOver = try await waitUntil {
                    try await bed.json("status")["certificates"].array.allSatisfy {
                        $0["lastPoll"]["ok"] == .flag(true)
                    }
                }
                #expect(isOver)
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "c7")
                await bed.emulator.resetStatistics()
                kill(pid, SIGUSR1)
                #expect(await waitUntil { bed.current("c7") == next })
                let requests = await bed.emulator.statistics()
                #expect(requests.count(.certificates) == 2)
                #expect((1..<13).contains(requests.count(.certificate)))
                #expect(requests.count(.secretVersion) == 1 && requests.count(.secret) == 0)
                kill(pid, SIGTERM)
            }
        }
    }
}
