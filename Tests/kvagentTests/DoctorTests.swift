import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("kvagent doctor, end to end")
struct DoctorTests {
    private struct Answer: Decodable {
        let failedStep: String?
        let steps: [Step]

        struct Step: Decodable {
            let step: String
            let outcome: String
            let findings: [Finding]
        }

        struct Finding: Decodable {
            let subject: String
            let outcome: String
            let message: String
            let hint: String?
        }

        func findings(_ name: String) -> [Finding] {
            steps.first { $0.step == name }?.findings ?? []
        }

        /// The words of all that is not well.
        var words: String {
            steps.flatMap(\.findings).filter { $0.outcome != "ok" }
                .map { "\($0.message) | \($0.hint ?? "")" }.joined(separator: "\n")
        }
    }

    private func doctor(
        _ bed: TestBed,
        status: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let result = try await bed.kvagent(
            "doctor",
            "--json",
            status: status,
            sourceLocation: sourceLocation
        )
        return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
    }

    @Test("Where all is well every step passes, and nothing is installed, recorded or started")
    func well() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            try bed.hook("deploy/50-note")
            let answer = try await doctor(bed, status: 0)
            #expect(answer.failedStep == nil)
            #expect(
                answer.steps.map(\.step) == [
                    "settings", "identity", "dns", "tcp", "tls", "token", "permission", "parse",
                    "store", "hooks",
                ]
            )
            #expect(answer.steps.allSatisfy { $0.outcome == "ok" }, "\(answer.words)")
            #expect(answer.findings("parse").map(\.subject) == ["web", "api"])
            #expect(answer.findings("identity").first?.message.contains("object id ") == true)
            #expect(answer.findings("dns").first?.message == "has the address 127.0.0.1")
            #expect(facts(of: bed.state) == nil)
            #expect(try bed.journalLines() == [])

            let text = try await bed.kvagent("doctor", "web", status: 0).output
            #expect(text.hasSuffix("every step passed\n"))
            #expect(text.contains("parse       web: CN=web.example"))
            #expect(!text.contains("api: CN="))
        }
    }

    @Test("Beside an installed certificate only the steps are told")
    func installed() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let before = try names(in: bed.certs)
            let answer = try await doctor(bed, status: 0)
            // Without a hook no server hears of a new version.
            #expect(answer.findings("hooks").map(\.outcome) == ["warning"])
            #expect(try names(in: bed.certs) == before)
        }
    }

    @Test("The steps after the one that fails are not looked at")
    func stops() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(Fault(.denySecrets))
            let answer = try await doctor(bed, status: 77)
            #expect(answer.failedStep == "permission")
            #expect(answer.steps.suffix(3).allSatisfy { $0.outcome == "notReached" })
            let finding = try #require(answer.findings("permission").first)
            #expect(finding.message.contains("403 Forbidden"))
            #expect(finding.message.contains("[x-ms-request-id "))
            #expect(finding.hint?.contains("in the vault's access policies") == true)
        }
    }

    @Test("A private key that crosses the wire at each poll is a warning")
    func secretsOnly() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(Fault(.denyCertificates))
            let answer = try await doctor(bed, status: 0)
            let finding = try #require(answer.findings("permission").first)
            #expect(finding.outcome == "warning")
            #expect(finding.hint?.contains("Key Vault Certificate User") == true)
        }
    }

    @Test("Wrong settings, and an account that is not there")
    func settings() async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"], extra: "colour: blue")
            #expect(try await doctor(bed, status: 78).words.contains("colour"))
            try bed.writeSettings(["web"], entries: "owner: nobody-of-that-name")
            let answer = try await doctor(bed, status: 78)
            #expect(answer.failedStep == "settings")
            #expect(answer.words.contains("nobody-of-that-name"))
        }
    }

    @Test("An identity that the machine has not")
    func identity() async throws {
        try await withTestBed { bed in
            let endpoint = bed.emulator.endpoints.identityEndpoint
            try bed.writeSettings(
                ["web"],
                authentication:
                    "{msiEndpoint: \(endpoint), msiClientId: 00000000-1111-2222-3333-444444444444}"
            )
            let answer = try await doctor(bed, status: 69)
            #expect(answer.failedStep == "identity")
            #expect(answer.words.contains("Identity not found"))
        }
    }

    @Test("A vault that nobody is at, that has no address, or that nobody vouches for")
    func network() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let settings = try readText(bed.settingsFile)
            let server = "kv.\(bed.emulator.endpoints.cloudSettings.vaultSuffix)"
            let port = try ListeningSocket.closedPort()

            let url = bed.emulator.endpoints.secretURL(TestBed.vault, "web")
            let closed = "https://\(server):\(port)/secrets/web"
            try writeFile(bed.settingsFile, settings.replacing(url, with: closed))
            var answer = try await doctor(bed, status: 69)
            #expect(answer.failedStep == "tcp")
            #expect(answer.words.contains("connection refused"))

            try writeFile(
                bed.settingsFile,
                settings.replacing(url, with: "https://kv.vault.invalid/secrets/web")
                    .replacing("vaultSuffix: vault.localhost", with: "vaultSuffix: vault.invalid")
            )
            answer = try await doctor(bed, status: 69)
            #expect(answer.failedStep == "dns")

            let bundle = bed.emulator.endpoints.cloudSettings.caBundle
            try writeFile(
                bed.settingsFile,
                settings.replacing(
                    "caBundle: \(bundle)",
                    with: "caBundle: /etc/ssl/certs/ca-certificates.crt"
                )
            )
            answer = try await doctor(bed, status: 69)
            #expect(answer.failedStep == "tls")
            #expect(answer.words.contains("verify the certificate of \(server)"))
        }
    }

    @Test("A token that the vault doesn't take")
    func token() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(Fault(.refuseToken))
            let answer = try await doctor(bed, status: 77)
            #expect(answer.failedStep == "token")
            #expect(answer.words.contains("401 Unauthorized"))
        }
    }

    @Test("A secret without a key, a disabled one and one that is not there")
    func parse() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            await bed.emulator.setFault(Fault(.keyMissing, count: 1))
            _ = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            var answer = try await doctor(bed, status: 1)
            #expect(answer.failedStep == "parse")
            #expect(answer.words.contains("exportable"))

            try await bed.emulator.setEnabled(false, vault: TestBed.vault, name: "web")
            answer = try await doctor(bed, status: 1)
            #expect(answer.failedStep == "parse")
            #expect(answer.words.contains("SecretDisabled"))

            try bed.writeSettings(["elsewhere"])
            answer = try await doctor(bed, status: 1)
            #expect(answer.words.contains("SecretNotFound"))
        }
    }

    @Test("A store that is full", .enabled { await canMount() })
    func store() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let result = try await bed.shell(
                """
                exec unshare --mount sh -ec '
                    mkdir -p "$2"
                    mount -t tmpfs -o size=64k,mode=755 tmpfs "$2"
                    head -c 60k /dev/zero > "$2/full"
                    exec "$0" doctor --config "$1"
                ' "$0" "$1" \(bed.state)
                """
            )
            #expect(result.status == 1)
            #expect(result.output.contains("FAILED    store"), "\(result.output)")
            #expect(result.output.contains("free space"))
        }
    }

    @Test("A hook that can't be started, and a file that is passed over")
    func hooks() async throws {
        try await withTestBed { bed in
            try await bed.observe(
                ["web"],
                entries: "hooks: [{phase: reload, run: [no-such-program]}]"
            )
            try writeFile(bed.hooks.appending("deploy/50-note"), "#!/bin/sh\n", mode: 0o644)
            let answer = try await doctor(bed, status: 1)
            #expect(answer.failedStep == "hooks")
            #expect(answer.words.contains("no program no-such-program"))
            #expect(answer.words.contains("is passed over"))
        }
    }
}
