import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("kvagent wait")
struct WaitTests {
    @Test("It ends as soon as the certificate is installed by somebody else")
    func installed() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            async let waiting = bed.kvagent("wait", "web", "--timeout", "10m")
            try await bed.kvagent("sync", status: 0)
            let result = try await waiting
            #expect(result.status == 0 && result.output.isEmpty && result.errors.isEmpty)
            try await bed.kvagent("wait", "--timeout", "0", status: 0)
        }
    }

    @Test("At the timeout it exits with 1 and names what is missing and why")
    func missing() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a"])
            try bed.writeSettings(["a", "b"])
            let early = try await bed.kvagent("wait", "--timeout", "0", status: 1)
            #expect(
                early.errors == """
                    kvagent: error: a is not installed after 0s: not looked for yet
                    kvagent: error: b is not installed after 0s: not looked for yet

                    """
            )
            try await bed.kvagent("sync")
            let late = try await bed.kvagent("wait", "--timeout", "1s", status: 1)
            #expect(late.errors.hasPrefix("kvagent: error: b is not installed after 1s: "))
            #expect(late.errors.contains("404"))
            try await bed.kvagent("wait", "a", "--timeout", "0", status: 0)
            let answer = try await bed.json("wait", "--timeout", "0")
            #expect(answer["installed"] == .flag(false))
            #expect(answer["certificates"][0]["version"].string == bed.current("a"))
            #expect(answer["certificates"][1]["installed"] == .flag(false))
            #expect(answer["certificates"][1].keys == ["name", "installed", "version", "reason"])
        }
    }

    @Test("A certificate whose hook is owed counts as missing until the hook succeeds")
    func degraded() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let gate = bed.directory.appending("gate")
            try bed.hook("reload/50-later", "[ -e \(gate) ] || exit 75")
            try await bed.kvagent("sync")
            #expect(bed.current("web") != nil)
            let result = try await bed.kvagent("wait", "--timeout", "0", status: 1)
            #expect(result.errors.contains("hook \"reload/50-later\" has not succeeded"))
            try writeFile(gate, "")
            try await bed.kvagent("sync")
            try await bed.kvagent("wait", "--timeout", "0", status: 0)
        }
    }

    @Test("A secret that is no certificate is waited for only by name")
    func plainSecret() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.emulator.putSecret(vault: TestBed.vault, name: "plain", value: "x")
            try bed.writeSettings(["web", "plain"])
            try await bed.kvagent("sync")
            try await bed.kvagent("wait", "--timeout", "0", status: 0)
            let result = try await bed.kvagent("wait", "plain", "--timeout", "0", status: 1)
            #expect(result.errors.contains("not a certificate"))
        }
    }

    @Test("A user who may not read the history is told by what lies in the store")
    func withoutHistory() async throws {
        guard getuid() == 0 else { return }
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let result = try await runCommand(
                [
                    TestBed.kvagent, "wait", "--timeout", "0", "--config",
                    bed.settingsFile.string,
                ],
                as: 65_534
            )
            #expect(result.status == 0, "\(result.errors)")
        }
    }

    @Test("A name that isn't in the settings and a time that is none are mistakes")
    func mistakes() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("wait", "wbe", status: 1)
            try await bed.kvagent("wait", "--timeout", "soon", status: 64)
        }
    }
}
