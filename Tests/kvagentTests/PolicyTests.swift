import Foundation
import KeyVaultEmulator
import Sensitive
import SystemPackage
import TestSupport
import Testing

@Suite("The policy")
struct PolicyTests {
    @Test("Settings that allow it let a held version through, without a row for each look")
    func settingsChanged() async throws {
        try await withWeb { bed in
            let version = try await bed.publish(.fewerNames)
            for _ in 0..<2 { try await bed.kvagent("sync", status: 0) }
            try bed.writeSettings(["web"], extra: "policy: {sanLoss: hold, weakKey: hold}")
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.outcomes("web") == ["held", "deployed"])
            // The certificate's own rule wins.
            try bed.writeSettings(
                ["web"],
                extra: "policy: {sanLoss: hold}",
                entries: "policy: {sanLoss: warn}"
            )
            let rehearsal = try await bed.json("sync", "--dry-run")
            #expect(rehearsal["certificates"][0]["result"].string == "wouldDeploy")
            #expect(rehearsal["warnings"][0].string?.hasPrefix("web: sanLoss: ") == true)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == version)
            #expect(try await bed.outcomes("web") == ["deployed", "held", "deployed"])
        }
    }

    @Test("An expired version waits for a person, one that is not yet valid for its time")
    func validity() async throws {
        try await withWeb { bed in
            try bed.hook("failure/tell")
            try await bed.publish(.notYetValid)
            try await bed.kvagent("sync", status: 0)
            let reason = try await bed.json("history", "web")[0]["reason"].string
            #expect(reason?.hasPrefix("notYetValid: its validity begins on ") == true)
            #expect(try bed.journalLines() == [])
            let version = try await bed.publish(.expired)
            let report = try await bed.json("sync")["certificates"][0]
            #expect(report["result"].string == "held")
            #expect(report["reason"].string?.contains("expired: its validity ended on ") == true)
            #expect(report["reason"].string?.contains("olderVersion: ") == true)
            #expect(try bed.journalLines() == ["failure tell web"])
            try await bed.kvagent("approve", "web", status: 0)
            #expect(bed.current("web") == version)
        }
    }

    @Test("The first version is compared with nothing, and still examined")
    func first() async throws {
        try await withTestBed { bed in
            var options = TestBed.options("web.example")
            options.notBefore = Date(timeIntervalSinceNow: -90 * 86_400)
            options.notAfter = Date(timeIntervalSinceNow: -86_400)
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: "web", options)
            try bed.writeSettings(["web"])
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == nil)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "held")
            try await bed.kvagent("approve", "web", status: 0)
            #expect(bed.current("web") != nil)
        }
    }

    @Test("A version from a restored vault is older, and held")
    func older() async throws {
        try await withWeb { bed in
            var options = CertificateOptions(dnsNames: ["web.example", "api.example"], key: .p256)
            options.notBefore = Date(timeIntervalSinceNow: -86_400)
            options.notAfter = Date(timeIntervalSinceNow: 300 * 86_400)
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: "web", options)
            let report = try await bed.json("sync")["certificates"][0]
            #expect(report["result"].string == "held")
            #expect(report["reason"].string?.hasPrefix("olderVersion: it is older ") == true)
        }
    }

    @Test("What is warned of is deployed, and said for as long as it is live")
    func warned() async throws {
        try await withWeb { bed in
            let version = try await bed.publish(.leafOnly)
            let warning =
                "incompleteChain: an intermediate is missing: the chain does not lead to its root"
            for arguments in [["sync", "--dry-run"], ["sync"]] {
                let result = try await runCommand(
                    [TestBed.kvagent] + arguments + ["--config", bed.settingsFile.string]
                )
                #expect(result.output.contains("warning: web: \(warning)"))
            }
            #expect(bed.current("web") == version)
            #expect(try await bed.json("history", "web")[0]["reason"].string == warning)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "current")
            #expect(status["warnings"].array.map(\.string) == ["version \(version): \(warning)"])
            #expect(status["current"]["findings"][0]["rule"].string == "incompleteChain")
            let check = try await bed.kvagent("check", "--without-daemon", status: 0)
            #expect(check.output.contains(warning))
            let findings = try await bed.json("show", "web")["versions"][0]["findings"]
            #expect(findings[0]["rule"].string == "incompleteChain")

            // Nobody wants to know any more.
            try bed.writeSettings(["web"], extra: "policy: {incompleteChain: allow}")
            let silent = try await bed.json("status")["certificates"][0]
            #expect(silent["warnings"].array.isEmpty)
            try bed.writeSettings(["web"])
            // It is gone with the version.
            try await bed.publish(nil)
            try await bed.kvagent("sync", status: 0)
            let after = try await bed.json("status")["certificates"][0]
            #expect(after["warnings"].array.isEmpty && after["current"]["findings"].array.isEmpty)
        }
    }

    @Test("A warning is logged")
    func logged() async throws {
        try await withWeb { bed in
            try await bed.publish(.leafOnly)
            let log = try await bed.kvagent("sync", "--log-level", "warning", status: 0).errors
            #expect(log.contains("policy warning") && log.contains("incompleteChain"))
        }
    }

    @Test("An order of the chain that the settings don't want is held")
    func order() async throws {
        try await withWeb(settings: "policy: {unorderedChain: hold}") { bed in
            try await bed.publish(.shuffledChain)
            let report = try await bed.json("sync")["certificates"][0]
            #expect(report["reason"].string?.hasPrefix("unorderedChain: ") == true)
        }
    }

    @Test("Key, signature and issuer are looked at")
    func weak() async throws {
        try await withWeb(settings: "policy: {weakKey: hold, weakSignature: hold}") { bed in
            let (key, certificate) = (bed.directory.appending("k"), bed.directory.appending("c"))
            let made = try await runCommand([
                "openssl", "req", "-x509", "-newkey", "rsa:1024", "-noenc", "-sha1", "-days", "900",
                "-subj", "/CN=weak", "-addext", "subjectAltName=DNS:web.example,DNS:api.example",
                "-keyout", key.string, "-out", certificate.string,
            ])
            #expect(made.status == 0, "\(made.errors)")
            try await bed.emulator.importCertificate(
                vault: TestBed.vault,
                name: "web",
                value: SensitiveBytes(
                    copying: Array((try readText(key) + readText(certificate)).utf8)
                )
            )
            let report = try await bed.json("sync")["certificates"][0]
            #expect(
                report["reason"].string
                    == "weakKey: its key is RSA 1024, of less than 2048 bits; weakSignature: it is signed with sha1WithRSAEncryption; kvagent approve web lets it through"
            )
            let answer = try await bed.json("approve", "web")
            #expect(
                answer["warnings"].array.map(\.string) == [
                    "web: keyTypeChange: its key is RSA 1024, the current version's EC",
                    "web: issuerChange: it is issued by CN=weak, the current version by CN=Key Vault emulator Issuing CA",
                ]
            )
            // What was approved is not warned of.
            let current = try await bed.json("status")["certificates"][0]["current"]
            #expect(
                current["findings"].array.map { $0["rule"].string }
                    == ["keyTypeChange", "issuerChange"]
            )
        }
    }

    @Test("A version that the URL names is a choice, and not examined")
    func versionInURL() async throws {
        try await withWeb { bed in
            let first = try #require(bed.current("web"))
            let fewer = try await bed.publish(.fewerNames)
            for version in [fewer, first] {
                try bed.writeSettings(["web"])
                let text = try readText(bed.settingsFile)
                try writeFile(
                    bed.settingsFile,
                    text.replacing("secrets/web,", with: "secrets/web/\(version),")
                )
                try await bed.kvagent("sync", status: 0)
                #expect(bed.current("web") == version)
                let status = try await bed.json("status")["certificates"][0]
                #expect(status["warnings"].array.isEmpty)
            }
        }
    }

    @Test("What a person has chosen is not examined: a rollback, and its pin")
    func rollback() async throws {
        try await withWeb { bed in
            let good = try #require(bed.current("web"))
            let fewer = try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("rollback", "web", "--to", fewer, status: 0)
            #expect(bed.current("web") == fewer)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == fewer)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["warnings"].array.isEmpty)
            #expect(status["current"]["approval"] == .null)
            try await bed.kvagent("rollback", "web", "--to", good, "--no-pin", status: 0)
            #expect(bed.current("web") == good)
        }
    }
}
