import HTTP
import PKI
import Testing

@testable import KeyVaultEmulator

@Suite("The shapes on the wire")
struct ShapeTests {
    /// Asserts that `names` stand in `text` in that order.
    private func expectOrder(_ names: [String], in text: String) {
        var rest = Substring(text)
        for name in names {
            guard let range = rest.firstRange(of: "\"\(name)\":") else {
                Issue.record("\(name) is missing or out of order in \(text)")
                return
            }
            rest = rest[range.upperBound...]
        }
    }

    @Test("the secret of a certificate has its members in Key Vault's order")
    func secret() async throws {
        try await Bench.run { bench in
            let version = try await bench.emulator.createCertificate(
                vault: "kv",
                name: "Web",
                .quick
            )
            let answer = try await bench.ask("/secrets/web/?api-version=7.4")
            expectOrder(
                [
                    "value", "contentType", "id", "managed", "attributes", "enabled", "nbf", "exp",
                    "created", "updated", "recoveryLevel", "recoverableDays", "kid",
                ],
                in: answer.text
            )
            let vault = bench.emulator.endpoints.vaultURL("kv")
            #expect(answer.json?["id"] == .string("\(vault)/secrets/Web/\(version)"))
            #expect(answer.json?["kid"] == .string("\(vault)/keys/Web/\(version)"))
            #expect(version.wholeMatch(of: /[0-9a-f]{32}/) != nil)
        }
    }

    @Test("the newest certificate has its policy, a version by its id has what it says")
    func certificate() async throws {
        try await Bench.run { bench in
            let version = try await bench.emulator.createCertificate(
                vault: "kv",
                name: "web",
                .quick
            )
            let newest = try await bench.ask("/certificates/web?api-version=7.4")
            expectOrder(
                ["id", "kid", "sid", "x5t", "cer", "attributes", "policy"],
                in: newest.text
            )
            #expect(newest.json?["subject"] == nil)
            let one = try await bench.ask(
                "/certificates/web/\(version.uppercased())?api-version=7.4"
            )
            #expect(one.json?["policy"] == nil)
            #expect(one.json?["subject"] == .string("CN=www.contoso.com"))
            let leaf = try await bench.bundle("web").leaf
            #expect(one.json?["serialnumber"] == .string(leaf.serialNumber))
        }
    }

    @Test("a plain secret has no more than it was given")
    func plain() async throws {
        try await Bench.run { bench in
            try await bench.emulator.putSecret(vault: "kv", name: "one", value: "a\"\u{1}é")
            let answer = try await bench.ask("/secrets/one?api-version=7.4")
            #expect(answer.json?["value"] == .string("a\"\u{1}é"))
            for absent in ["contentType", "managed", "kid", "tags"] {
                #expect(answer.json?[absent] == nil)
            }
        }
    }

    @Test("what is not there is not found, in Key Vault's words")
    func notFound() async throws {
        try await Bench.run { bench in
            let secret = try await bench.ask("/secrets/none?api-version=7.4")
            #expect(secret.status == 404)
            #expect(secret.code == "SecretNotFound")
            #expect(
                secret.message?.hasPrefix(
                    "A secret with (name/id) none was not found in this key vault. If you "
                        + "recently deleted this secret you may be able to recover it using the "
                        + "correct recovery command."
                ) == true
            )
            let certificate = try await bench.ask("/certificates/none?api-version=7.4")
            #expect(certificate.code == "CertificateNotFound")
            let deleted = try await bench.ask("/deletedsecrets/none?api-version=7.4")
            #expect(deleted.message == "Deleted Secret not found: none")
            let versions = try await bench.ask("/secrets/none/versions?api-version=7.4")
            #expect(versions.text == "{\"value\":[],\"nextLink\":null}")
        }
    }

    @Test("a disabled newest version is refused as a secret and answered as a certificate")
    func disabled() async throws {
        try await Bench.run { bench in
            try await bench.emulator.createCertificate(vault: "kv", name: "web", .quick)
            let old = try await bench.emulator.rotate(vault: "kv", name: "web")
            try await bench.emulator.rotate(vault: "kv", name: "web")
            try await bench.emulator.setEnabled(false, vault: "kv", name: "web")
            let secret = try await bench.ask("/secrets/web?api-version=7.4")
            #expect(secret.status == 403)
            #expect(secret.innerCode == "SecretDisabled")
            let certificate = try await bench.ask("/certificates/web?api-version=7.4")
            #expect(certificate.json?["attributes"]?["enabled"] == .bool(false))
            #expect(try await bench.ask("/secrets/web/\(old)?api-version=7.4").status == 200)
        }
    }

    @Test("a deleted certificate is as unknown as one that never was, until it is recovered")
    func deleted() async throws {
        try await Bench.run { bench in
            try await bench.emulator.createCertificate(vault: "kv", name: "web", .quick)
            try await bench.emulator.delete(vault: "kv", name: "web")
            #expect(try await bench.ask("/secrets/web?api-version=7.4").status == 404)
            #expect(try await bench.ask("/certificates/web?api-version=7.4").status == 404)
            let deleted = try await bench.ask("/deletedcertificates/web?api-version=7.4")
            expectOrder(
                ["recoveryId", "deletedDate", "scheduledPurgeDate", "id"],
                in: deleted.text
            )
            try await bench.emulator.recover(vault: "kv", name: "web")
            #expect(try await bench.ask("/secrets/web?api-version=7.4").status == 200)
        }
    }

    @Test("every answer has the fields of Key Vault, and the client's own id comes back")
    func fields() async throws {
        try await Bench.run { bench in
            let response = try await bench.http.send(
                HTTPRequest(
                    .get,
                    bench.emulator.endpoints.vaultURL("kv") + "/secrets/web?api-version=7.4",
                    fields: [HTTPField("x-ms-client-request-id", "mine")],
                    usesProxy: false
                )
            )
            #expect(response.value(of: "x-ms-client-request-id") == "mine")
            let guid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/
            #expect(response.value(of: "x-ms-request-id")?.wholeMatch(of: guid) != nil)
            for name in ["x-ms-keyvault-region", "x-ms-keyvault-service-version", "Date"] {
                #expect(response.value(of: name) != nil)
            }
            #expect(response.value(of: "Content-Type") == "application/json; charset=utf-8")
        }
    }

    @Test("another host than a vault's is no vault")
    func otherHost() async throws {
        try await Bench.run { bench in
            let port = bench.emulator.endpoints.vaultPort
            let answer = try await bench.ask("https://vault.localhost:\(port)/secrets")
            #expect(answer.status == 404)
        }
    }
}
