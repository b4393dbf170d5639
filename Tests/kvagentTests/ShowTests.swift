import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("kvagent show and diff")
struct ShowTests {
    /// Three versions of "web": the second has another key type and a name less, the third failed.
    private func versions(_ bed: TestBed) async throws -> [String] {
        try await bed.observe(
            ["web"],
            extra: "policy: {sanLoss: allow}",
            entries: "mode: \"0640\""
        )
        var options = TestBed.options("web.example")
        options.dnsNames.append("old.example")
        options.lifetimeSeconds = 90 * 86_400
        var versions = [
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "web",
                options
            )
        ]
        try bed.hook("reload/r")
        try await bed.kvagent("sync", status: 0)
        options.dnsNames.removeLast()
        options.key = .p384
        options.lifetimeSeconds = 47 * 86_400
        versions.append(
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "web",
                options
            )
        )
        try await bed.kvagent("sync", status: 0)
        try bed.hook("reload/r", "echo first line; echo the last word; exit 3")
        versions.append(try await bed.emulator.rotate(vault: TestBed.vault, name: "web"))
        try await bed.kvagent("sync", status: 1)
        #expect(bed.current("web") == versions[1])
        return versions
    }

    @Test("What is live is shown with its chain, its files, who may read them, and what ran")
    func live() async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            let answer = try await bed.json("show", "web")
            let shown = answer["shown"]
            #expect(shown["version"].string == versions[1])
            #expect(shown["isCurrent"] == .flag(true) && shown["isOnDisk"] == .flag(true))
            #expect(shown["chain"].array.count == 1)
            #expect(shown["chain"][0]["subject"] == shown["issuer"])
            #expect(shown["isChainComplete"] == .flag(true))
            #expect(shown["keyType"].string == "EC P-384" && shown["problem"] == .null)
            #expect(shown["signatureAlgorithm"].string == "ecdsa-with-SHA256")
            let key = try #require(
                shown["files"].array.first { $0["name"].string == "privkey.pem" }
            )
            #expect(key["mode"].string == "0640")
            #expect(key["readers"]["everyone"] == .flag(false))
            #expect(key["readers"]["users"].array == [key["owner"]])
            #expect(key["readers"]["groups"].array == [key["group"]])
            #expect(answer["shownDeployments"].array.map { $0["outcome"].string } == ["deployed"])
            #expect(answer["deployments"].array.count == 3)

            let leaf = bed.certs.appending("web/current/cert.pem").string
            let digest = try await runCommand([
                "sh", "-c",
                "openssl x509 -in \(leaf) -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum",
            ])
            let sha256 = try #require(shown["publicKeySha256"].string)
            #expect(digest.output.hasPrefix("\(sha256) "))

            let text = try await bed.kvagent("show", "web", status: 0).output
            #expect(text.contains("privkey.pem    0640"))
            #expect(text.contains("  everyone\n"))
            #expect(text.contains(": exit 3 after "), "\(text)")
            #expect(text.contains(" ms: the last word\n"))
        }
    }

    @Test(
        "A version is named as for rollback; one whose files are gone is told from the history",
        arguments: ["prefix", "thumbprint", "-1"]
    )
    func version(form: String) async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            let old = versions[0]
            let record = try await bed.json("show", "web")["versions"].array
                .first { $0["version"].string == old }
            let thumbprint = try #require(record?["thumbprint"].string)
            let target =
                ["prefix": String(old.prefix(6)), "thumbprint": thumbprint.lowercased()][form]
                ?? form
            let shown = try await bed.json("show", "web", "--version", target)["shown"]
            #expect(shown["version"].string == old && shown["isCurrent"] == .flag(false))
            #expect(shown["files"].array.count == 5)

            removeTree(bed.certs.appending("web/versions/\(old)"))
            let answer = try await bed.json("show", "web", "--version", target)
            let gone = answer["shown"]
            #expect(gone["isOnDisk"] == .flag(false) && gone["files"].array.isEmpty)
            #expect(gone["dnsNames"] == shown["dnsNames"])
            #expect(gone["publicKeySha256"] == .null && gone["isChainComplete"] == .null)
            #expect(answer["shownDeployments"].array.map { $0["version"].string } == [old])
            #expect(gone.keys == shown.keys)
            let text = try await bed.kvagent("show", "web", "--version", target, status: 0).output
            #expect(text.hasPrefix("web  version \(old)  not live\n"), "\(text)")
            #expect(text.contains("the files are not on disk any more"))
        }
    }

    @Test("A file that isn't what was recorded is told, and a version that nobody knows refused")
    func altered() async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            let directory = bed.certs.appending("web/versions/\(versions[0])")
            let other = try readText(bed.certs.appending("web/current/cert.pem"))
            for (text, problem) in [
                (other, "cert.pem is not the certificate on record"), ("hello", nil),
            ] {
                try writeFile(directory.appending("cert.pem"), text)
                let shown = try await bed.json("show", "web", "--version", versions[0])["shown"]
                #expect(shown["problem"].string != nil)
                #expect(problem == nil || shown["problem"].string == problem)
                #expect(shown["chain"].array.isEmpty)
            }
            removeTree(directory.appending("cert.pem"))
            let shown = try await bed.json("show", "web", "--version", versions[0])["shown"]
            #expect(shown["problem"].string == "cert.pem is gone")

            for command in ["show --version", "diff"] {
                let words = command.split(separator: " ").map(String.init)
                let result = try await runCommand(
                    [TestBed.kvagent, words[0], "web"] + words.dropFirst() + ["ffff0000"]
                        + ["--config", bed.settingsFile.string]
                )
                #expect(result.status == 1)
                for version in versions { #expect(result.errors.contains(version)) }
            }
        }
    }

    @Test("Before the first deployment there is nothing to show, and nothing to compare")
    func nothing() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            #expect(try await bed.json("show", "web")["shown"] == .null)
            let result = try await bed.kvagent("diff", "web", status: 1)
            #expect(result.errors.contains("nothing of \"web\" is live"))
            try await bed.kvagent("sync", status: 0)
            let first = try await bed.kvagent("diff", "web", status: 1)
            #expect(first.errors.contains("no version of \"web\" was live before"))
        }
    }

    @Test("The version that was live before is compared with the live one, or those that are named")
    func diff() async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            let diff = try await bed.json("diff", "web")
            #expect(diff["from"]["version"].string == versions[0])
            #expect(diff["to"]["version"].string == versions[1])
            #expect(diff["to"]["isCurrent"] == .flag(true))
            #expect(diff["differs"] == .flag(true) && diff["hasLosses"] == .flag(true))
            #expect(diff["dnsNamesRemoved"].array == [.text("old.example")])
            #expect(diff["dnsNamesAdded"].array.isEmpty && diff["isKeyChanged"] == .flag(true))
            #expect(
                diff["changes"].array.filter { $0["isLoss"] == .flag(true) }
                    .map { $0["field"].string } == ["dnsNames", "validity", "notAfter"]
            )
            #expect(diff["unknown"].array.isEmpty)

            for words in [["-1"], [String(versions[0].prefix(8))], ["-1", versions[1]]] {
                let result = try await runCommand(
                    [TestBed.kvagent, "diff", "web"] + words
                        + ["--json", "--config", bed.settingsFile.string]
                )
                #expect(try JSON(parsing: result.output) == diff, "\(words) \(result.errors)")
            }
            let back = try await bed.json("diff", "web", versions[1], "-1")
            #expect(back["dnsNamesAdded"].array == [.text("old.example")])
            // P-256 is smaller than P-384.
            #expect(
                back["changes"].array.filter { $0["isLoss"] == .flag(true) }
                    .map { $0["field"].string } == ["keyType"]
            )

            let text = try await bed.kvagent("diff", "web", status: 0).output
            #expect(text.contains("  names      - old.example  LOSS\n"), "\(text)")
            #expect(text.contains("  validity   + 47 days  LOSS\n"))
        }
    }

    @Test("The exit status tells of a difference only when asked")
    func exitCode() async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            try await bed.kvagent("diff", "web", status: 0)
            try await bed.kvagent("diff", "web", "--exit-code", status: 10)
            let same = try await bed.kvagent("diff", "web", versions[1], "--exit-code", status: 0)
            #expect(same.output.contains("no difference"))
            try await bed.kvagent("diff", "web", "--exit-cod", status: 64)
            try await bed.kvagent("diff", "web", "-1", "-1", "-1", status: 64)
            try await bed.kvagent("diff", "nobody", status: 1)
        }
    }

    @Test("Of files that are gone the difference says what it can't tell")
    func diffWithoutFiles() async throws {
        try await withTestBed { bed in
            let versions = try await versions(bed)
            removeTree(bed.certs.appending("web/versions/\(versions[0])"))
            let diff = try await bed.json("diff", "web")
            // Another type of key is another key.
            #expect(diff["isKeyChanged"] == .flag(true))
            #expect(
                diff["unknown"].array.map(\.string)
                    == ["signatureAlgorithm", "chain", "isChainComplete"]
            )
            let text = try await bed.kvagent("diff", "web", status: 0).output
            #expect(text.contains("(no files on disk of \(versions[0].prefix(8)))"), "\(text)")
        }
    }
}
