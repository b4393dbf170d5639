import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("What goes wrong at the vault")
struct FailureTests {
    /// What `current` and its files are, to see that nothing touched them.
    private func snapshot(_ bed: TestBed) async throws -> String {
        try await runCommand([
            "find", bed.certs.string, "-printf", "%p %i %T@ %m %l\n",
        ]).output
    }

    @Test("With the vault away nothing on disk changes, and it shows in exit code and status")
    func vaultAway() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let before = try await snapshot(bed)
            await bed.emulator.stop()
            try await bed.kvagent("sync", status: 69)
            #expect(try await snapshot(bed) == before)
            let certificate = try await bed.json("status")["certificates"][0]
            #expect(certificate["state"].string == "unreachable")
            #expect(certificate["consecutiveFailures"].int == 1)
            #expect(certificate["lastPoll"]["ok"] == .flag(false))
            #expect(certificate["current"]["version"].string == bed.current("web"))
        }
    }

    struct Answer: Sendable, CustomTestStringConvertible {
        let fault: Fault
        let status: Int
        let state: String
        var testDescription: String { "\(fault.service) \(fault.kind)" }
    }

    static let answers = [
        Answer(fault: .throttle(), status: 69, state: "unreachable"),
        Answer(fault: .serverError(503), status: 69, state: "unreachable"),
        Answer(fault: Fault(.cutOff), status: 69, state: "unreachable"),
        Answer(fault: Fault(.garbage), status: 1, state: "unreachable"),
        Answer(fault: Fault(.denyAddress), status: 77, state: "denied"),
    ]

    @Test("A bad answer changes nothing that is live", arguments: answers)
    func badAnswer(_ answer: Answer) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let before = try await snapshot(bed)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            await bed.emulator.setFault(answer.fault)
            try await bed.kvagent("sync", status: answer.status)
            #expect(try await snapshot(bed) == before)
            #expect(
                try await bed.json("status")["certificates"][0]["state"].string == answer.state
            )
            await bed.emulator.clearFaults()
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("An identity endpoint that gives no token is told as such")
    func identityAway() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(Fault(.garbage, on: .identity))
            try await bed.kvagent("sync", status: 69)
            #expect(bed.current("web") == nil)
        }
    }

    @Test("A disabled and a deleted certificate have states of their own")
    func disabledAndDeleted() async throws {
        try await withTestBed { bed in
            try await bed.observe(["off", "gone"])
            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.setEnabled(false, vault: TestBed.vault, name: "off")
            try await bed.emulator.delete(vault: TestBed.vault, name: "gone")
            try await bed.kvagent("sync", status: 1)
            let status = try await bed.json("status")
            #expect(
                status["certificates"].array.map { $0["state"].string }
                    == ["disabled", "notFound"]
            )
            #expect(bed.current("off") != nil && bed.current("gone") != nil)
        }
    }

    @Test(
        "A bad version is rejected, says why, and stops no other certificate",
        arguments: [
            (ContentFault.keyMissing, "private key"), (.keyOfAnother, "key"),
            (.garbageValue, "a"),
        ]
    )
    func badVersion(fault: ContentFault, words: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["bad", "good"])
            try await bed.kvagent("sync", status: 0)
            let live = bed.current("bad")
            let version = try await bed.emulator.rotate(
                vault: TestBed.vault,
                name: "bad",
                fault: fault
            )
            let other = try await bed.emulator.rotate(vault: TestBed.vault, name: "good")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("bad") == live)
            #expect(bed.current("good") == other)
            let row = try await bed.json("history", "bad")[0]
            #expect(row["version"].string == version && row["outcome"].string == "rejected")
            #expect(row["error"].string?.contains(words) == true, "\(row)")

            // It is neither fetched nor recorded again, until a newer one comes.
            await bed.emulator.resetStatistics()
            try await bed.kvagent("sync", status: 1)
            #expect(await bed.emulator.statistics().count(.secretVersion) == 0)
            #expect(try await bed.outcomes("bad").count == 2)
            let mended = try await bed.emulator.rotate(vault: TestBed.vault, name: "bad")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("bad") == mended)
        }
    }

    @Test("A version that isn't valid yet is held and deployed when its time comes")
    func notYetValid() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let live = bed.current("web")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web", fault: .notYetValid)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == live)
            #expect(try await bed.outcomes("web").first == "held")
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "held")
        }
    }

    @Test("A shuffled chain is put in order; a lone leaf is installed all the same")
    func chains() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web", fault: .shuffledChain)
            try await bed.kvagent("sync", status: 0)
            let live = bed.certs.appending("web/current")
            let verified = try await runCommand([
                "openssl", "verify", "-CAfile", bed.emulator.endpoints.caFile, "-untrusted",
                live.appending("chain.pem").string, live.appending("cert.pem").string,
            ])
            #expect(verified.status == 0, "\(verified.errors)")
            let leaf = try await bed.emulator.rotate(
                vault: TestBed.vault,
                name: "web",
                fault: .leafOnly
            )
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == leaf)
        }
    }

    @Test("A secret that is no certificate is recorded as ignored, once, and stops nothing")
    func plainSecret() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.emulator.putSecret(
                vault: TestBed.vault,
                name: "password",
                value: "correct horse battery staple"
            )
            try bed.writeSettings(["web", "password"])
            for _ in 0..<2 { try await bed.kvagent("sync", status: 0) }
            #expect(bed.current("web") != nil && bed.current("password") == nil)
            let status = try await bed.json("status")["certificates"][1]
            #expect(status["state"].string == "ignored")
            let rows = try await bed.json("history", "password").array
            #expect(rows.count == 1 && rows[0]["outcome"].string == "ignored")
            #expect(rows[0]["reason"].string == "not a certificate")
        }
    }

    @Test("A certificate with an unknown group fails with its name, and stops no other")
    func unknownGroup() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], entries: "group: no-such-group")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == nil)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "failed")
            #expect(row["error"].string?.contains("no-such-group") == true)
            try bed.writeSettings(["web"])
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") != nil)
        }
    }

    @Test("Access that what is live can't be given is told by status and check until it can")
    func unknownGroupOfTheLive() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["web"], entries: "group: no-such-group")
            try await bed.kvagent("sync", status: 1)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "degraded")
            #expect(status["reason"].string?.contains("no-such-group") == true)
            let check = try await bed.kvagent("check", "--without-daemon", status: 1)
            #expect(check.output.contains("WARNING: web: look up group no-such-group"))
            try bed.writeSettings(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("check", "--without-daemon", status: 0)
        }
    }

    @Test("A current that isn't ours fails its own certificate and stops no other")
    func foreignCurrent() async throws {
        try await withTestBed { bed in
            try await bed.observe(["bad", "good"])
            try makeDirectories(bed.certs.appending("bad"))
            try makeSymlink(bed.certs.appending("bad/current"), to: "/etc")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("good") != nil)
            #expect(bed.current("bad") == "etc")
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "degraded")
            #expect(status["warnings"][0].string?.contains("bad/current") == true)
        }
    }

    @Test("A version that is retried after it could not be read is deployed with all its facts")
    func retriedUnreadable() async throws {
        try await withTestBed { bed in
            var options = TestBed.options("web.example")
            options.cipher = .rc2
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: "web", options)
            try bed.writeSettings(["web"])
            // Where OpenSSL finds no legacy provider, RC2 can't be read.
            let blind = try await runCommand([
                "env", "OPENSSL_MODULES=/nonexistent", TestBed.kvagent, "sync", "--config",
                bed.settingsFile.string,
            ])
            #expect(blind.status == 1, "\(blind.output)")
            #expect(try await bed.outcomes("web") == ["rejected"])
            try await bed.kvagent("retry", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "deployed" && row["thumbprint"].string != nil)
        }
    }

    @Test("A lock that somebody else holds is told and exits with 11")
    func locked() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await withRunningCommand([
                "flock", bed.state.appending("lock").string, "sleep", "60",
            ]) { _ in
                let result = try await runCommand([
                    "env", "KVAGENT_RUN_ID=x", TestBed.kvagent, "sync", "--config",
                    bed.settingsFile.string,
                ])
                #expect(result.status == 11, "\(result.errors)")
                #expect(result.errors.hasPrefix("kvagent: error: another kvagent is at work"))
            }
        }
    }
}
