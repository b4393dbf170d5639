import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("history.keepVersions")
struct VersionPruningTests {
    @Test("Old versions go from the disk once a newer one is live, and stay on record")
    func removed() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], extra: "history: {keepVersions: 1}")
            var versions: [String] = []
            for _ in 0..<4 {
                try await bed.kvagent("sync", status: 0)
                versions.append(bed.current("web") ?? "")
                try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            }
            #expect(try names(in: bed.certs.appending("web/versions")) == versions[2...].sorted())
            #expect(try await bed.json("show", "web")["versions"].array.count == 4)
        }
    }

    @Test("Versions that a check hook holds survive a rollback to an older one")
    func held() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], extra: "history: {keepVersions: 1}")
            try await bed.kvagent("sync", status: 0)
            var versions = [bed.current("web") ?? ""]
            versions.append(try await bed.emulator.rotate(vault: TestBed.vault, name: "web"))
            try await bed.kvagent("sync", status: 0)
            for _ in 0..<2 {
                versions.append(try await bed.emulator.rotate(vault: TestBed.vault, name: "web"))
                try bed.hook("check/h", "exit 75")
                try await bed.kvagent("sync")
            }
            #expect(try await bed.outcomes("web") == ["held", "held", "deployed", "deployed"])
            try bed.hook("check/h")
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == versions[0])
            #expect(try names(in: bed.certs.appending("web/versions")) == versions.sorted())
        }
    }
}
