import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("The main job")
struct MainJobTests {
    @Test("The first version is installed, a rotation replaces it, and history has both")
    func installAndRotate() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/50-server")
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            #expect(try await bed.isWhole("web"))

            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", "--exit-code", status: 10)
            #expect(bed.current("web") == second)
            #expect(try await bed.isWhole("web"))
            try await bed.kvagent("sync", "--exit-code", status: 0)

            let history = try await bed.json("history", "web")
            #expect(history.array.map { $0["version"].string } == [second, first])
            #expect(history.array.allSatisfy { $0["outcome"].string == "deployed" })
            #expect(history[0]["previousVersion"].string == first)
            #expect(history[0]["hooks"][0]["name"].string == "reload/50-server")
            #expect(try bed.journalLines() == ["reload 50-server web", "reload 50-server web"])
        }
    }

    @Test("The answers have the fields of the contract, null where there is nothing to say")
    func contract() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let status = try await bed.json("status")
            #expect(
                status["agent"].keys == ["version", "pid", "lastPass", "nextPass", "warnings"]
            )
            let certificate = status["certificates"][0]
            #expect(
                certificate.keys == [
                    "name", "url", "state", "current", "latest", "pin", "lastPoll", "nextPoll",
                    "consecutiveFailures", "owedHooks", "warnings", "reason", "refusal",
                    "lastSuccessfulPoll", "pollingIntervalInS", "mend",
                ]
            )
            #expect(certificate["state"].string == "current")
            #expect(
                certificate["current"].keys == [
                    "version", "thumbprint", "sha256", "notBefore", "notAfter", "since",
                    "drift", "findings", "approval",
                ]
            )
            let live = bed.certs.appending("web/current/cert.pem").string
            let fingerprint = try await runCommand([
                "openssl", "x509", "-in", live, "-noout", "-fingerprint", "-sha1",
            ])
            let thumbprint = try #require(certificate["current"]["thumbprint"].string)
            #expect(
                fingerprint.output.replacing(":", with: "").contains(thumbprint)
            )
            #expect(
                try await bed.json("history")[0].keys == [
                    "certificate", "version", "thumbprint", "sha256", "notBefore", "notAfter",
                    "trigger", "outcome", "reason", "actor", "startedAt", "finishedAt",
                    "previousVersion", "runId", "error", "hooks",
                ]
            )
        }
    }

    @Test("Two hundred certificates come over one connection")
    func oneConnection() async throws {
        try await withTestBed { bed in
            let names = (0..<200).map { "c\($0)" }
            try await bed.observe(names)
            await bed.emulator.resetStatistics()
            await bed.emulator.setFault(.delay(milliseconds: 50))
            try await bed.kvagent("sync", status: 0)
            let statistics = await bed.emulator.statistics()
            #expect(statistics.connections == 1)
            #expect(statistics.count(.secretVersion) == 200)
            #expect(names.allSatisfy { bed.current($0) != nil })
        }
    }

    @Test("A poll that finds nothing new moves no private key")
    func cheapPoll() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            await bed.emulator.resetStatistics()
            try await bed.kvagent("sync", status: 0)
            #expect(await bed.emulator.statistics().count(.secretVersion) == 0)
            #expect(await bed.emulator.statistics().count(.certificate) == 1)
        }
    }

    @Test("An identity that may not read certificates is served through the secret")
    func secretsUser() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(.init(.denyCertificates))
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") != nil)
        }
    }

    @Test("A rehearsal says what would be done and does nothing")
    func dryRun() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("check/no", "exit 1")
            let result = try await bed.json("sync", "--dry-run")
            #expect(result["certificates"][0]["result"].string == "wouldDeploy")
            #expect(bed.current("web") == nil)
            #expect(try await bed.json("history").array.isEmpty)
            #expect(try bed.journalLines().isEmpty)
        }
    }

    @Test("The extension's link leads through current, whatever the version")
    func extensionLink() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], entries: "customSymbolicLinkName: webCert")
            try await bed.kvagent("sync", status: 0)
            let link = try FileManager.default.destinationOfSymbolicLink(
                atPath: bed.certs.appending("webCert").string
            )
            #expect(link == "web/current/bundle.pem")
            let bundle = try readText(bed.certs.appending("webCert"))
            #expect(bundle.hasPrefix("-----BEGIN CERTIFICATE-----"))
            #expect(bundle.hasSuffix("-----END PRIVATE KEY-----\n"))
        }
    }

    @Test("Files that are gone or altered are put back at the next pass, and the hooks run")
    func damaged() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            let version = try #require(bed.current("web"))
            let directory = bed.certs.appending("web/versions/\(version)")
            try writeFile(directory.appending("fullchain.pem"), "altered")
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.isWhole("web"))
            removeTree(directory)
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.isWhole("web"))
            #expect(bed.current("web") == version)
            #expect(try bed.journalLines().count == 3)
            #expect(try await bed.json("history", "web")[0]["trigger"].string == "drift")
        }
    }

    @Test("Access that the settings change is given to the live files, also by a rollback")
    func changedAccess() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let key = bed.certs.appending("web/current/privkey.pem")
            #expect(mode(of: key) == 0o600)
            try bed.writeSettings(
                ["web"],
                entries: "mode: \"0640\", customSymbolicLinkName: webCert"
            )
            try await bed.kvagent("sync", status: 0)
            #expect(mode(of: key) == 0o640)
            #expect(facts(of: bed.certs.appending("webCert")) != nil)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(mode(of: key) == 0o640)
        }
    }

    @Test("The key is for its owner alone unless the settings say otherwise")
    func modes() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], entries: "mode: \"0640\"")
            try await bed.kvagent("sync", status: 0)
            let live = bed.certs.appending("web/current")
            #expect(mode(of: live.appending("privkey.pem")) == 0o640)
            #expect(mode(of: live.appending("fullchain.pem")) == 0o644)
            #expect(mode(of: bed.state.appending("history.db")) == 0o640)
        }
    }
}
