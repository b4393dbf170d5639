import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("A daemon and commands at once")
struct ConcurrencyTests {
    @Test(
        "A daemon, commands that write and commands that read get on, and the ledger has it all",
        .timeLimit(.minutes(15))
    )
    func togetherWithDaemon() async throws {
        try await withTestBed { bed in
            let names = ["web", "api", "mail"]
            try await bed.observe(names)
            try bed.writeSettings(names, interval: 1)
            let rounds = 4
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { _ in
                #expect(await waitUntil { names.allSatisfy { bed.current($0) != nil } })
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for _ in 0..<rounds {
                            let next = try await bed.emulator.rotate(
                                vault: TestBed.vault,
                                name: "web"
                            )
                            try await bed.kvagent("sync", "web", status: 0)
                            #expect(bed.current("web") == next)
                        }
                    }
                    group.addTask {
                        for _ in 0..<rounds {
                            try await bed.kvagent("pin", "api", "--reason", "test", status: 0)
                            try await bed.kvagent("unpin", "api", status: 0)
                        }
                    }
                    for command in ["status", "history --verify", "show web"] {
                        group.addTask {
                            for _ in 0..<rounds * 2 {
                                let result = try await bed.shell(
                                    "exec \"$0\" \(command) --config \"$1\""
                                )
                                #expect(result.status == 0, "\(command): \(result)")
                                #expect(result.errors == "", "\(command): \(result)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            // One row for each version, whoever was quicker.
            let deployed = try await bed.json("history", "web").array
            #expect(deployed.allSatisfy { $0["outcome"].string == "deployed" })
            #expect(Set(deployed.map { $0["version"].string }).count == rounds + 1)
            #expect(deployed.count == rounds + 1)
            let verified = try await bed.kvagent("history", "--verify", status: 0)
            #expect(verified.errors == "")
        }
    }
}
