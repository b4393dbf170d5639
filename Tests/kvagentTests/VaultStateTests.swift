import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("What becomes of a certificate in its vault", .timeLimit(.minutes(15)))
struct VaultStateTests {
    /// What happens in the vault to a certificate that is live, and what is told of it.
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let state: String
        let status: Int
        /// Of the newest row; nil where the vault gave no version to write one about.
        var outcome: String?
        /// Part of the state's reason.
        let reason: String
        /// Part of what status says to do.
        let mend: String
        let happen: @Sendable (TestBed) async throws -> Void
    }

    static let changes = [
        Change(
            testDescription: "disabled",
            state: "disabled",
            status: 1,
            reason: "403 Forbidden (SecretDisabled); enable the newest version",
            mend: "enable the newest version in the vault"
        ) { bed in
            try await bed.emulator.setEnabled(false, vault: TestBed.vault, name: "web")
        },
        Change(
            testDescription: "a newer version disabled",
            state: "disabled",
            status: 1,
            outcome: "held",
            reason: "403 Forbidden (SecretDisabled); enable the newest version",
            mend: "enable the newest version in the vault"
        ) { bed in
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.emulator.setEnabled(false, vault: TestBed.vault, name: "web")
        },
        Change(
            testDescription: "deleted",
            state: "notFound",
            status: 1,
            reason: "404 Not Found (SecretNotFound); check the name; if it was deleted, recover it",
            mend: "recover the secret in the vault"
        ) { bed in
            try await bed.emulator.delete(vault: TestBed.vault, name: "web")
        },
        Change(
            testDescription: "not exportable",
            state: "rejected",
            status: 1,
            outcome: "rejected",
            reason: "the secret holds no private key; make the key exportable",
            mend: "kvagent retry web"
        ) { bed in
            var options = TestBed.options("web.example")
            options.isExportable = false
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: "web", options)
        },
        Change(
            testDescription: "expired",
            state: "held",
            status: 0,
            outcome: "held",
            reason: "expired: its validity ended on ",
            mend: "kvagent approve web"
        ) { bed in
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web", fault: .expired)
        },
        Change(
            testDescription: "not yet valid",
            state: "held",
            status: 0,
            outcome: "held",
            reason: "notYetValid: its validity begins on ",
            mend: "it is deployed when what it waits for is there"
        ) { bed in
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web", fault: .notYetValid)
        },
        Change(
            testDescription: "no role",
            state: "denied",
            status: 77,
            reason: "403 Forbidden (ForbiddenByRbac); grant \"Key Vault Secrets User\" to "
                + ManagedIdentity.system.objectID,
            mend: "let this machine's identity read the secret"
        ) { bed in
            try await bed.restrict { $0.model = .roles }
        },
        Change(
            testDescription: "no permission",
            state: "denied",
            status: 77,
            reason: "403 Forbidden (ForbiddenByPolicy); let \(ManagedIdentity.system.objectID) "
                + "(client id \(ManagedIdentity.system.clientID)) get secrets in",
            mend: "let this machine's identity read the secret"
        ) { bed in
            try await bed.restrict { $0.model = .policies }
        },
        Change(
            testDescription: "firewall",
            state: "denied",
            status: 77,
            reason: "403 Forbidden (ForbiddenByFirewall); let 127.0.0.1 through",
            mend: "its address through the firewall"
        ) { bed in
            try await bed.restrict { $0.network.allowed = ["203.0.113.0/24"] }
        },
        Change(
            testDescription: "private endpoint",
            state: "denied",
            status: 77,
            reason: "403 Forbidden (ForbiddenByConnection); the vault is closed to public networks",
            mend: "identity"
        ) { bed in
            try await bed.restrict { $0.network.isPublic = false }
        },
    ]

    @Test(
        "Each has its state, reason and mend, and what is live stays untouched",
        arguments: changes
    )
    func change(_ change: Change) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let before = try await bed.liveFiles()
            let rows = try await bed.json("history", "web").array.count
            try await change.happen(bed)
            for _ in 0..<2 {
                try await bed.kvagent("sync", status: change.status)
                #expect(try await bed.liveFiles() == before)
                let status = try await bed.json("status")["certificates"][0]
                #expect(status["state"].string == change.state)
                let reason = status["reason"].string ?? ""
                #expect(reason.contains(change.reason), "\(reason)")
                let mend = status["mend"].string ?? ""
                #expect(mend.contains(change.mend), "\(mend)")
                let history = try await bed.json("history", "web").array
                #expect(history.count == rows + (change.outcome == nil ? 0 : 1))
                #expect(history[0]["outcome"].string == change.outcome ?? "deployed")
                if change.outcome != nil {
                    let told = history[0]["error"].string ?? history[0]["reason"].string ?? ""
                    #expect(told.contains(change.reason), "\(told)")
                }
            }
            let shown = try await bed.kvagent("status", status: 0)
            #expect(shown.output.contains(change.reason), "\(shown.output)")
        }
    }

    @Test("A plain secret is ignored, and a mend says so")
    func plain() async throws {
        try await withTestBed { bed in
            try await bed.emulator.putSecret(vault: TestBed.vault, name: "word", value: "hunter2")
            try bed.writeSettings(["word"])
            try await bed.kvagent("sync", status: 0)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "ignored")
            #expect(status["mend"].string == "remove it from the settings")
        }
    }

    @Test("A URL with a version stays on it: newer ones, disabled ones and all")
    func versioned() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let version = try #require(bed.current("web"))
            let text = try readText(bed.settingsFile)
            try writeFile(
                bed.settingsFile,
                text.replacing("secrets/web,", with: "secrets/web/\(version),")
            )
            let before = try await bed.liveFiles()
            let newer = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "current" && status["mend"] == .null)
            #expect(status["latest"].string == version && version != newer)
            #expect(try await bed.liveFiles() == before)

            // Its files are there, so nothing is asked of the vault that it would refuse.
            try await bed.emulator.setEnabled(
                false,
                vault: TestBed.vault,
                name: "web",
                version: version
            )
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.liveFiles() == before)
        }
    }

    @Test("A vault's answer is told whole to whoever reads JSON")
    func vaultError() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.restrict { $0.model = .roles }
            let error = try await bed.json("sync")["certificates"][0]["vaultError"]
            #expect(error["vault"].string == "kv.vault.localhost")
            #expect(error["object"].string == "web")
            #expect(error["status"].int == 403)
            #expect(error["code"].string == "Forbidden")
            #expect(error["innerCode"].string == "ForbiddenByRbac")
            #expect(error["requestId"].string?.count == 36)
        }
    }

    @Test("A role on one secret is enough for it, and for no other")
    func oneSecret() async throws {
        try await withTestBed { bed in
            try await bed.observe(["mine", "other"])
            try await bed.restrict {
                $0.model = .roles
                $0.assignments = [
                    RoleAssignment(
                        .secretsUser,
                        to: ManagedIdentity.system.objectID,
                        scope: "secrets/mine"
                    )
                ]
            }
            try await bed.kvagent("sync", status: 77)
            let states = try await bed.json("status")["certificates"].array
            #expect(states.map { $0["state"].string } == ["current", "denied"])
            #expect(try await bed.isWhole("mine"))
        }
    }
}

extension TestBed {
    /// Says who may do what in the tests' vault.
    func restrict(_ change: (inout VaultAccess) -> Void) async throws {
        var access = VaultAccess()
        change(&access)
        try await emulator.setAccess(access, to: Self.vault)
    }

    /// Everything of what is live: inodes, times, modes, links.
    fileprivate func liveFiles() async throws -> String {
        let live = certs.appending("web/current").string
        return try await runCommand([
            "find", live, live + "/", "-printf", "%p %i %T@ %C@ %m %u %g %s %l\n",
        ]).output
    }
}
