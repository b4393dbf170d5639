import Foundation
import KeyVault
import Sensitive
import TestSupport
import Testing

@Suite("Reading from a vault", .timeLimit(.minutes(15)))
struct VaultClientTests {
    @Test("The newest secret comes with its value, version and dates")
    func newestSecret() async throws {
        let vault = try TestVault([.json(Bundle.secret(value: #"-----BEGIN\nx\u00e9\n"#))])
        let secret = try await vault.client.secret(vault.web, version: nil)
        #expect(secret.version == Bundle.version)
        #expect(secret.value == SensitiveBytes("-----BEGIN\nx\u{E9}\n"))
        #expect(secret.contentType == "application/x-pkcs12")
        #expect(secret.isEnabled && secret.isManaged && secret.hasKey)
        #expect(secret.notBefore == Date(timeIntervalSince1970: 1_636_058_681))
        #expect(secret.expires == Date(timeIntervalSince1970: 1_667_595_281))
        #expect(secret.created == Date(timeIntervalSince1970: 1_636_059_281))
        #expect(secret.updated == Date(timeIntervalSince1970: 1_636_059_282))

        let request = try #require(vault.vault.requests.first)
        #expect(request.target == "/secrets/web?api-version=7.4")
        #expect(request.fields["authorization"] == "Bearer eyJ1")
        #expect(request.fields["accept"] == "application/json")
        #expect(request.fields["host"] == "kv.vault.localhost:\(vault.port)")
        let audience = vault.identity.requests.first?.target ?? ""
        #expect(audience.hasSuffix("resource=https%3A%2F%2Fvault.localhost"))
    }

    @Test("A version is asked for by name, in any case of letters")
    func version() async throws {
        let vault = try TestVault([.json(Bundle.secret())])
        let version = Bundle.version.uppercased()
        let secret = try await vault.client.secret(vault.web, version: version)
        #expect(secret.version == Bundle.version)
        let path = "/secrets/web/\(Bundle.version)"
        #expect(vault.vault.requests.first?.target == "\(path)?api-version=7.4")
    }

    @Test("A version that is none is not asked for")
    func oddVersion() async throws {
        let vault = try TestVault([.json(Bundle.secret())])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: "../keys/web")
        }
        #expect(error?.kind == .rejected)
        #expect(vault.vault.requests.isEmpty)
    }

    @Test("A plain secret has neither key nor certificate")
    func plainSecret() async throws {
        let vault = try TestVault([
            .json(
                #"{"value":"x","id":"https://KV.vault.localhost:443/Secrets/WEB/"#
                    + #"\#(Bundle.version.uppercased())","attributes":{"enabled":true}}"#
            )
        ])
        let secret = try await vault.client.secret(vault.web, version: nil)
        #expect(secret.version == Bundle.version)
        #expect(!secret.isManaged && !secret.hasKey && secret.contentType == nil)
        #expect(secret.notBefore == nil && secret.expires == nil)
    }

    @Test("The newest certificate comes with its thumbprint, even when it is disabled")
    func newestCertificate() async throws {
        let vault = try TestVault([.json(Bundle.certificate())])
        let certificate = try await vault.client.newestCertificate(vault.web)
        #expect(certificate.version == Bundle.version)
        #expect(certificate.thumbprint == "47B92311106E33A7C87DD45AF9FE830E0E7BFF74")
        #expect(!certificate.isEnabled)
        #expect(vault.vault.requests.first?.target == "/certificates/web?api-version=7.4")
    }

    @Test("A token that is not accepted is replaced once")
    func staleToken() async throws {
        let vault = try TestVault([
            .refusal(401, "Unauthorized"), .json(Bundle.secret()),
        ])
        _ = try await vault.client.secret(vault.web, version: nil)
        let tokens = vault.vault.requests.map { $0.fields["authorization"] }
        #expect(tokens == ["Bearer eyJ1", "Bearer eyJ2"])
    }

    @Test("A second 401 is final")
    func refusedToken() async throws {
        let words = "AKV10022: Invalid audience."
        let vault = try TestVault([.refusal(401, "Unauthorized", message: words)])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: nil)
        }
        #expect(error?.kind == .denied)
        #expect(error?.hint?.contains("cloud") == true)
        #expect(vault.vault.requests.count == 2)
    }

    @Test(
        "What passes by itself is tried again",
        arguments: [
            ScriptedAnswer(
                503,
                "<h2>Service Unavailable</h2>",
                fields: ["Content-Type": "text/html"]
            ),
            ScriptedAnswer(500, #"{"Message":"An error has occurred."}"#),
            ScriptedAnswer(408),
            .refusal(429, "Throttled"),
            .refusal(429, "Throttled", fields: ["Retry-After": "0"]),
        ]
    )
    func retried(_ answer: ScriptedAnswer) async throws {
        let vault = try TestVault([answer, answer, .json(Bundle.secret())])
        _ = try await vault.client.secret(vault.web, version: nil)
        #expect(vault.vault.requests.count == 3)
    }

    @Test(
        "Three tries are all",
        arguments: [
            (503, .serverError, "503 Service Unavailable"),
            (429, .throttled, "429 Too Many Requests"),
        ] as [(Int, VaultError.Kind, String)]
    )
    func givingUp(status: Int, kind: VaultError.Kind, words: String) async throws {
        let vault = try TestVault([ScriptedAnswer(status)])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: nil)
        }
        #expect(error?.kind == kind)
        let subject = #"read secret "web" from kv.vault.localhost"#
        #expect(error?.description == "\(subject): \(words)")
        #expect(vault.vault.requests.count == 3)
    }

    @Test("A vault that asks for more than 30 s is left alone, and the error says for how long")
    func longRetryAfter() async throws {
        let vault = try TestVault([
            .refusal(429, "Throttled", fields: ["Retry-After": "31"])
        ])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: nil)
        }
        #expect(error?.retryAfter == .seconds(31))
        #expect(vault.vault.requests.count == 1)
    }

    @Test("A vault that throttles is not asked by every reading, and the rest say why")
    func throttledVault() async throws {
        let vault = try TestVault([.refusal(429, "Throttled", fields: ["Retry-After": "60"])])
        await #expect(throws: VaultError.self) {
            try await vault.client.newestCertificate(vault.web)
        }
        for name in ["a", "b", "c"] {
            let url = try SecretURL(
                "https://kv.vault.localhost:\(vault.port)/secrets/\(name)",
                in: .local()
            )
            let error = await #expect(throws: VaultError.self) {
                try await vault.client.secret(url, version: nil)
            }
            #expect(error?.kind == .throttled)
            #expect(
                error?.cause == "not asked, the vault had failed before: "
                    + "429 Too Many Requests (Throttled)"
            )
            #expect(try #require(error?.retryAfter) > .seconds(50))
        }
        #expect(vault.vault.requests.count == 1)
    }

    @Test("A thousand readings at once take turns, and all are answered")
    func manyReadings() async throws {
        let vault = try TestVault([.json(Bundle.certificate())])
        let url = try vault.web
        try await withThrowingTaskGroup { group in
            for _ in 0..<1000 {
                group.addTask { [client = vault.client] in
                    _ = try await client.newestCertificate(url)
                }
            }
            try await group.waitForAll()
        }
        #expect(vault.vault.requests.count == 1000)
    }

    @Test("Cancelling ends the wait for the next try")
    func cancelledWait() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let backend = try ScriptedServer { connection in
            guard connection.nextRequest() != nil else { return }
            connection.send(ScriptedAnswer(503).bytes)
            arrived.yield()
        }
        let slow = RetryPolicy(
            delays: [.seconds(3600)],
            jitter: 0,
            longestRetryAfter: .seconds(3600)
        )
        let vault = try TestVault(backend, [.token("eyJ1")], slow)
        let url = try vault.web
        let call = Task { [client = vault.client] in try await client.secret(url, version: nil) }
        for await _ in arrivals { break }
        call.cancel()
        await #expect(throws: VaultError.self) { try await call.value }
    }

    @Test("A vault of another cloud gets no token")
    func foreignCloud() async throws {
        let vault = try TestVault([.json(Bundle.secret())])
        let url = try SecretURL("https://kv.vault.azure.net/secrets/web", in: .publicCloud)
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(url, version: nil)
        }
        #expect(error?.kind == .rejected)
        #expect(vault.identity.requests.isEmpty)
    }

    @Test("Without a token the vault is not asked")
    func noToken() async throws {
        let vault = try TestVault(
            [.json(Bundle.secret())],
            identity: [ScriptedAnswer(400, #"{"error":"invalid_request"}"#)]
        )
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(vault.web, version: nil)
        }
        #expect(error?.kind == .identity)
        #expect(error?.cause?.contains("400 Bad Request") == true)
        #expect(error?.hint?.contains("msiClientId") == true)
        #expect(vault.vault.requests.isEmpty)
    }

    @Test("A vault that is not there is unreachable, and the error says where")
    func unreachable() async throws {
        let vault = try TestVault([])
        let port = try ListeningSocket.closedPort()
        let url = try SecretURL("https://kv.vault.localhost:\(port)/secrets/web", in: .local())
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.secret(url, version: nil)
        }
        #expect(error?.kind == .unreachable)
        #expect(
            error?.description == #"read secret "web" from kv.vault.localhost: "#
                + "connect to kv.vault.localhost:\(port): connection refused"
        )
    }
}
