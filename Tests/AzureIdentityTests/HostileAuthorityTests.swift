import AzureIdentity
import HTTP
import SystemPackage
import TestSupport
import Testing

/// What an application's secret and tokens are safe from, behind real TLS.
@Suite("Authorities that mean no good", .timeLimit(.minutes(15)))
struct HostileAuthorityTests {
    private static let secret = "hunter2"

    /// How the authority's TLS is set up.
    private struct Door {
        var names = ["DNS:login.localhost"]
        var isExpired = false
        var protocols = "TLSv1.2 TLSv1.3"
        var isKnown = true
    }

    /// Asks an authority for a token, of which `backend` decides every byte; the error.
    private func failure(
        _ backend: ScriptedServer,
        _ door: Door = Door()
    ) async throws -> IdentityError {
        let nginx = try Nginx(
            locations: """
                location / {
                    proxy_pass http://127.0.0.1:\(backend.port);
                    proxy_buffering off;
                }
                """,
            names: door.names,
            isExpired: door.isExpired,
            protocols: door.protocols
        )
        return try await withTemporaryDirectory { directory in
            let file = directory.appending("secret")
            try writeFile(file, Self.secret, mode: 0o600)
            let cache = TokenCache(
                http: HTTPClient(caBundle: door.isKnown ? nginx.caBundle : nil),
                surroundings: IdentitySurroundings(
                    environment: [:],
                    authorityHost: "https://login.localhost:\(nginx.port)"
                ),
                policy: .none
            )
            let application = Application(
                tenantID: "contoso.example",
                clientID: "1f2e3d4c-1111-2222-3333-444455556666"
            )
            let error = await #expect(throws: IdentityError.self) {
                try await cache.token(
                    for: "https://vault.localhost",
                    using: .application(application, .secretFile(file.string))
                )
            }
            let shown = try #require(error)
            #expect(!shown.description.contains(Self.secret))
            return shown
        }
    }

    private func failure(
        _ body: [UInt8],
        fields: [String: String] = ["Content-Type": "application/json"]
    ) async throws -> IdentityError {
        try await failure(ScriptedServer(answers: [ScriptedAnswer(200, body, fields: fields)]))
    }

    @Test("The secret doesn't follow a redirect", arguments: [302, 307, 308])
    func redirect(status: Int) async throws {
        let elsewhere = try ScriptedServer(answers: [.token("x", expiresIn: "3600")])
        let target = "http://127.0.0.1:\(elsewhere.port)/contoso.example/oauth2/v2.0/token"
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(status, fields: ["Location": target])
        ])
        let error = try await failure(server)
        #expect(error.description.contains("answers \(status) "))
        #expect(elsewhere.requests.isEmpty)
        #expect(server.requests.count == 1)
    }

    @Test("A gigabyte is refused, announced or not")
    func gigabyte() async throws {
        for head in ["Content-Length: \(1 << 30)", "Transfer-Encoding: chunked"] {
            let server = try ScriptedServer { connection in
                guard connection.nextRequest() != nil else { return }
                connection.send("HTTP/1.1 200 OK\r\n\(head)\r\n\r\n")
                while connection.send("400\r\n\(String(repeating: "x", count: 1024))\r\n") {}
            }
            let error = try await failure(server)
            #expect(error.description.contains("body exceeds 131072 bytes"))
        }
    }

    @Test("A packed answer is refused by its head")
    func packed() async throws {
        let error = try await failure([0x1F, 0x8B, 8], fields: ["Content-Encoding": "gzip"])
        #expect(error.description.contains("Content-Encoding is gzip"))
    }

    @Test(
        "What is no token ends no process and is no token",
        arguments: [
            #"{"x":"# + String(repeating: "[", count: 50_000) + "}",
            #"{"token_type":"Bearer","expires_in":3600,"access_token":"a\#u{1}b"}"#,
            #"{"token_type":"Bearer","expires_in":-1,"access_token":"abc"}"#,
            "<html>Please sign in to the Wi-Fi</html>",
        ]
    )
    func malformed(body: String) async throws {
        #expect(try await failure(Array(body.utf8)).kind == .malformed)
    }

    @Test(
        "Who is not the authority by TLS gets no secret",
        arguments: [
            ("another name", "no alternative certificate subject name"),
            ("expired", "certificate has expired"),
            ("unknown", "unable to get local issuer certificate"),
            ("old", "agree on TLS"),
        ]
    )
    func impostor(kind: String, words: String) async throws {
        var door = Door()
        switch kind {
        case "another name": door.names = ["DNS:login.other.localhost"]
        case "expired": door.isExpired = true
        case "unknown": door.isKnown = false
        default: door.protocols = "TLSv1"
        }
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let error = try await failure(server, door)
        #expect(error.description.contains(words), "\(error.description)")
        #expect(server.requests.isEmpty)
    }
}
