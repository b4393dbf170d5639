import KeyVault
import Sensitive
import TestSupport
import Testing

@Suite("Hostile and broken vaults", .timeLimit(.minutes(15)))
struct HostileVaultTests {
    private func failure(_ vault: TestVault) async throws -> VaultError? {
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: nil)
        }
        #expect(error?.description.contains("hunter2") == false)
        return error
    }

    @Test("A redirect is not followed, and its target sees no token")
    func redirect() async throws {
        let elsewhere = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let target = "http://127.0.0.1:\(elsewhere.port)/secrets/web"
        let error = try await failure(
            TestVault([ScriptedAnswer(302, fields: ["Location": target])])
        )
        #expect(error?.kind == .rejected)
        #expect(error?.status == 302)
        #expect(error?.hint?.contains("redirects") == true)
        #expect(elsewhere.requests.isEmpty)
    }

    @Test("A challenge that names another authority and resource is not followed")
    func challenge() async throws {
        let elsewhere = try ScriptedServer(answers: [.token("eyJ3")])
        let challenge =
            "Bearer authorization=\"http://127.0.0.1:\(elsewhere.port)/tenant\", "
            + "resource=\"https://management.azure.com\""
        let vault = try TestVault([
            .refusal(401, "Unauthorized", fields: ["WWW-Authenticate": challenge])
        ])
        let error = try await failure(vault)
        #expect(error?.kind == .denied)
        #expect(elsewhere.requests.isEmpty)
        // Both tokens are for the audience that is set.
        #expect(vault.identity.requests.count == 2)
        for request in vault.identity.requests {
            #expect(request.target.hasSuffix("resource=https%3A%2F%2Fvault.localhost"))
        }
    }

    @Test("A packed body is refused once, as what it is")
    func packed() async throws {
        let vault = try TestVault([
            .json(Bundle.secret(value: "hunter2"), fields: ["Content-Encoding": "gzip"])
        ])
        let error = try await failure(vault)
        #expect(error?.kind == .malformed)
        #expect(error?.cause?.contains("Content-Encoding is gzip") == true)
        #expect(vault.vault.requests.count == 1)
    }

    @Test(
        "Deep nesting ends no process, whether it is closed or not, known or not",
        arguments: ["x", "tags", "attributes", "value"]
    )
    func deep(key: String) async throws {
        for (opening, closing) in [("[", "]"), (#"{"a":"#, "}")] {
            let count = opening == "[" ? 100_000 : 40_000
            let nest =
                String(repeating: opening, count: count) + "1"
                + String(repeating: closing, count: count)
            let body = Bundle.secret(value: "hunter2", more: #","\#(key)":\#(nest)"#)
            let error = try await failure(TestVault([.json(body)]))
            #expect(error?.kind == .malformed)
        }
    }

    @Test("Of a key that comes twice, one counts, and the answer is still about its object")
    func duplicateKeys() async throws {
        let other = "https://kv.vault.localhost/secrets/web/00000000000000000000000000000000"
        let body = Bundle.secret(value: "1", more: #","id":"\#(other)","value":"2""#)
        let vault = try TestVault([.json(body)])
        let secret = try await vault.client.secret(vault.web, version: nil)
        let isFirst = secret.version == Bundle.version
        #expect(secret.value == SensitiveBytes(isFirst ? "1" : "2"))
        let foreign = Bundle.secret(more: #","id":"https://evil.vault.localhost/secrets/web/x""#)
        let mixed = try TestVault([.json(foreign)])
        // Refused, or read as the object that was asked for: never as another's.
        let read = try? await mixed.client.secret(mixed.web, version: nil)
        #expect(read == nil || read?.version == Bundle.version)
    }

    @Test("A body that is too large is refused, once")
    func tooLarge() async throws {
        let value = "hunter2" + String(repeating: "x", count: 256 << 10)
        let vault = try TestVault([.json(Bundle.secret(value: value))])
        let error = try await failure(vault)
        #expect(error?.kind == .malformed)
        #expect(error?.cause?.hasSuffix("body exceeds 262144 bytes") == true)
        #expect(vault.vault.requests.count == 1)
    }

    @Test("A body that is cut off is asked for again, then unreachable")
    func cutOff() async throws {
        let backend = try ScriptedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"value\":\"hunter2")
        }
        let vault = try TestVault(backend)
        let error = try await failure(vault)
        #expect(error?.kind == .unreachable)
        #expect(vault.vault.requests.count == 3)
    }

    @Test(
        "An answer that is no bundle is malformed, and nothing of it is quoted",
        arguments: [
            "", "hunter2", "[]", "{}", "null",
            #"{"value":"hunter2"}"#,
            #"{"value":{"hunter2":1},"id":"x","attributes":{}}"#,
            Bundle.secret(value: "hunter2").replacing("true", with: "\"hunter2\""),
            Bundle.secret(value: "hunter2").replacing("1636058681", with: "1e300"),
            Bundle.secret(value: "hunter2").replacing("1636058681", with: "-1"),
            Bundle.secret(value: "hunter2").replacing("1636058681", with: "1e999999999"),
            Bundle.secret(value: "hunter2").replacing(
                "1636058681",
                with: String(repeating: "9", count: 10_000)
            ),
            Bundle.secret(value: "hunter2\\uD800"),
            Bundle.secret(value: "hunter2\n"),
            Bundle.secret(value: "hunter2") + "hunter2",
            #"{"value":"hunter2","x":\#(String(repeating: "[", count: 100_000))"#,
        ]
    )
    func noBundle(_ body: String) async throws {
        let error = try await failure(TestVault([.json(body)]))
        #expect(error?.kind == .malformed)
        #expect(error?.cause == "its JSON is not what a vault answers")
    }

    @Test("A body that is no UTF-8 is malformed")
    func invalidUTF8() async throws {
        let parts = Bundle.secret(value: "hunter2?").split(separator: "?")
        let body = Array(parts[0].utf8) + [0xFF, 0xFE] + Array(parts[1].utf8)
        let type = ["Content-Type": "application/json"]
        let error = try await failure(TestVault([ScriptedAnswer(200, body, fields: type)]))
        #expect(error?.kind == .malformed)
    }

    @Test("What is not JSON by its own word is called what it is")
    func wrongType() async throws {
        let type = ["Content-Type": "text/html; charset=utf-8"]
        let error = try await failure(TestVault([ScriptedAnswer(200, "<p>hunter2", fields: type)]))
        #expect(error?.kind == .malformed)
        #expect(
            error?.description == #"read secret "web" from kv.vault.localhost: "#
                + "unusable answer: it is text/html, not JSON"
        )
    }

    @Test(
        "An answer about something else is malformed",
        arguments: [
            ("https://other.vault.localhost/secrets/web/\(Bundle.version)", "of another vault"),
            ("https://kv.vault.localhost/secrets/api/\(Bundle.version)", "of another object"),
            ("https://kv.vault.localhost/keys/web/\(Bundle.version)", "of another object"),
            ("https://kv.vault.localhost/secrets/web", "not that of a version"),
            ("http://kv.vault.localhost/secrets/web/\(Bundle.version)", "not that of a version"),
            ("https://kv.vault.localhost/secrets/web/../../x", "not that of a version"),
            ("https://kv.vault.localhost/secrets/web/..", "not 32 hexadecimal digits"),
        ]
    )
    func otherObject(id: String, reason: String) async throws {
        let body = Bundle.secret(value: "hunter2", id: id)
        let error = try await failure(TestVault([.json(body)]))
        #expect(error?.kind == .malformed)
        #expect(error?.cause?.hasSuffix(reason) == true)
    }

    @Test("Another version than the one that was asked for is malformed")
    func otherVersion() async throws {
        let vault = try TestVault([.json(Bundle.secret())])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(
                vault.web,
                version: "00000000000000000000000000000000"
            )
        }
        #expect(error?.cause == "its id is of another version")
    }

    @Test("A thumbprint that is none is malformed", arguments: ["", "AAAA", "R7kj!RBu"])
    func badThumbprint(x5t: String) async throws {
        let vault = try TestVault([.json(Bundle.certificate(x5t: x5t))])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.newestCertificate(vault.web)
        }
        #expect(error?.kind == .malformed)
    }
}
