import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("history.keepDays")
struct RetentionTests {
    @Test(
        "A sync, and the daemon, remove what is older and what nothing depends on",
        arguments: ["sync", "run"]
    )
    func removed(by command: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], extra: "history: {keepDays: 30}")
            for _ in 0..<4 {
                try await bed.kvagent("sync", status: 0)
                try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            }
            #expect(try await bed.json("history").array.count == 4)
            // Thirty days and more ago.
            try await bed.forge(
                """
                UPDATE deployment SET started_at = '2020-01-01T00:00:00.000Z',
                    finished_at = '2020-01-01T00:00:01.000Z'
                """
            )
            if command == "sync" {
                try await bed.kvagent("sync", "--dry-run", status: 0)
                #expect(try await bed.json("history").array.count == 4)
                try await bed.kvagent("sync", status: 0)
            } else {
                try await withRunningCommand(
                    [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
                ) { _ in
                    let isDone = try await waitUntil {
                        try await bed.json("history").array.count == 2
                    }
                    #expect(isDone)
                }
            }
            // The live one, and the last good one before it.
            #expect(try await bed.json("history").array.count == 2)
            // The daemon doesn't wait with this for its first poll, which would bring the fifth.
            let versions = command == "sync" ? 5 : 4
            #expect(try await bed.json("show", "web")["versions"].array.count == versions)
            try await bed.kvagent("rollback", "web", status: 0)
        }
    }
}
