import AzureIdentity
import Foundation
import HTTP
import Sensitive
import TestSupport
import Testing

@Suite("Managed identity", .timeLimit(.minutes(15)))
struct ManagedIdentityTests {
    private let http = HTTPClient()

    private func token(
        from server: ScriptedServer,
        selector: IdentitySelector = .system,
        audience: String = "https://vault.azure.net"
    ) async throws -> AccessToken {
        let cache = TokenCache(http: http, policy: .instant, now: { .testNow })
        return try await cache.token(
            for: audience,
            using: try server.credential(selector)
        )
    }

    private func failure(_ answers: [ScriptedAnswer]) async throws -> (IdentityError?, Int) {
        let server = try ScriptedServer(answers: answers)
        let error = await #expect(throws: IdentityError.self) { try await token(from: server) }
        #expect(error?.description.contains("eyJ") == false)
        return (error, server.requests.count)
    }

    @Test("The request is the one that IMDS documents")
    func request() async throws {
        let server = try ScriptedServer(answers: [.token("eyJ0", expiresIn: "86400")])
        let token = try await token(from: server)
        #expect(token.secret == SensitiveBytes(copying: "eyJ0".utf8))
        let request = try #require(server.requests.first)
        #expect(
            request.line == "GET /metadata/identity/oauth2/token?api-version=2018-02-01"
                + "&resource=https%3A%2F%2Fvault.azure.net HTTP/1.1"
        )
        #expect(request.fields["metadata"] == "true")
    }

    @Test(
        "A selector names the identity",
        arguments: [
            (.system, ""),
            (.clientID("a-1"), "&client_id=a-1"),
            (.objectID("b&c"), "&object_id=b%26c"),
            (.resourceID("/subscriptions/x y"), "&msi_res_id=%2Fsubscriptions%2Fx%20y"),
        ] as [(IdentitySelector, String)]
    )
    func selector(_ selector: IdentitySelector, query: String) async throws {
        let server = try ScriptedServer(answers: [.token("eyJ0", expiresIn: "86400")])
        _ = try await token(from: server, selector: selector)
        #expect(server.requests.first?.target.hasSuffix("vault.azure.net\(query)") == true)
    }

    @Test(
        "Numbers may be numbers or strings, and the earlier end counts",
        arguments: [
            (#""expires_in":"3600""#, 3600.0),
            (#""expires_in":3600"#, 3600.0),
            (#""expires_on":"1700003600""#, 3600.0),
            (#""expires_on":1700003600"#, 3600.0),
            (#""expires_in":"3600","expires_on":"1700001000""#, 1000.0),
            // Our clock is a day ahead: only the relative number means something.
            (#""expires_in":"3600","expires_on":"1699913600""#, 3600.0),
        ]
    )
    func numbers(fields: String, lifetime: TimeInterval) async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(200, #"{"access_token":"eyJ0",\#(fields)}"#)
        ])
        let token = try await token(from: server)
        #expect(token.expiresAt == Date.testNow.addingTimeInterval(lifetime))
    }

    @Test(
        "Renewal is due when the endpoint says, at half-life, or five minutes before the end",
        arguments: [
            (#""expires_in":"86400""#, 43200.0),
            (#""expires_in":"3600""#, 3300.0),
            (#""expires_in":"3600","refresh_in":"1800""#, 1800.0),
            (#""expires_in":"3600","refresh_in":3599"#, 3300.0),
        ]
    )
    func renewal(fields: String, after: TimeInterval) async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(200, #"{"access_token":"eyJ0",\#(fields)}"#)
        ])
        let token = try await token(from: server)
        #expect(token.renewAt == Date.testNow.addingTimeInterval(after))
    }

    @Test("Busy answers are asked again, whatever they hold", arguments: [404, 408, 429, 500, 503])
    func busy(status: Int) async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(status, "<h2>busy</h2>"), ScriptedAnswer(status, ""),
            .token("eyJ0", expiresIn: "3600"),
        ])
        _ = try await token(from: server)
        #expect(server.requests.count == 3)
    }

    @Test(
        "Waiting has an end, and the error says what came",
        arguments: [
            (404, 6, .unreachable), (410, 5, .unreachable), (429, 6, .throttled),
            (503, 6, .unreachable),
        ] as [(Int, Int, IdentityError.Kind)]
    )
    func givingUp(status: Int, tries: Int, kind: IdentityError.Kind) async throws {
        let (error, requests) = try await failure([ScriptedAnswer(status)])
        #expect(error?.kind == kind)
        #expect(error?.description.contains("\(status)") == true)
        #expect(requests == tries)
    }

    @Test("A server that asks for more than a minute is not asked again in this pass")
    func retryAfter() async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(429, fields: ["Retry-After": "61"])
        ])
        let error = await #expect(throws: IdentityError.self) { try await token(from: server) }
        #expect(error?.kind == .throttled)
        #expect(server.requests.count == 1)
    }

    @Test("An identity that is not there is final, and the hint names the setting")
    func notFound() async throws {
        let body = #"{"error":"invalid_request","error_description":"Identity not found"}"#
        let (error, requests) = try await failure([ScriptedAnswer(400, body)])
        #expect(error?.kind == .refused)
        #expect(
            error?.description.hasSuffix("400 Bad Request (invalid_request: Identity not found)")
                == true
        )
        #expect(error?.hint?.contains("authenticationSettings.msiClientId") == true)
        #expect(requests == 1)
    }

    @Test(
        "The setting of an identity that is not there is the one that named it",
        arguments: [
            (.clientID("a"), "msiClientId"), (.objectID("a"), "authenticationSettings.msiObjectId"),
            (.resourceID("/a"), "authenticationSettings.msiResourceId"),
        ] as [(IdentitySelector, String)]
    )
    func setting(selector: IdentitySelector, name: String) async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(400)])
        let error = await #expect(throws: IdentityError.self) {
            try await token(from: server, selector: selector)
        }
        #expect(error?.hint == "the identity of \(name) has to be assigned to this machine")
    }

    @Test(
        "An answer without a usable token is malformed",
        arguments: [
            "", "not JSON", "[]", "{}",
            #"{"access_token":"","expires_in":"3600"}"#,
            #"{"access_token":"eyJ0"}"#,
            #"{"access_token":"eyJ0","expires_in":"0"}"#,
            #"{"access_token":"eyJ0","expires_in":"soon"}"#,
            #"{"access_token":"eyJ0","expires_in":1e300}"#,
            #"{"access_token":"eyJ0\r\nX-Evil: 1","expires_in":"3600"}"#,
            #"{"access_token":["eyJ0"],"expires_in":"3600"}"#,
        ]
    )
    func malformed(body: String) async throws {
        let (error, requests) = try await failure([ScriptedAnswer(200, body)])
        #expect(error?.kind == .malformed)
        #expect(requests == 1)
    }

    @Test("An answer that is too large is refused")
    func tooLarge() async throws {
        let body = #"{"access_token":"eyJ\#(String(repeating: "x", count: 70_000))"}"#
        let (error, _) = try await failure([ScriptedAnswer(200, body)])
        #expect(error?.description.contains("body exceeds") == true)
    }

    @Test("An endpoint that is not there is unreachable")
    func unreachable() async throws {
        let port = try ListeningSocket.closedPort()
        let endpoint = try IdentityEndpoint(setting: "http://127.0.0.1:\(port)/metadata/identity")
        let cache = TokenCache(http: http, policy: .instant)
        let error = await #expect(throws: IdentityError.self) {
            try await cache.token(for: "a", using: .managedIdentity(endpoint, .system))
        }
        #expect(error?.kind == .unreachable)
        #expect(
            error?.description == "get token for a from 127.0.0.1:\(port): "
                + "connect to 127.0.0.1:\(port): connection refused"
        )
    }

    @Test("A challenge of Azure Arc where IMDS should be is named, and not answered")
    func arc() async throws {
        let challenge = ["WWW-Authenticate": "Basic realm=/var/opt/azcmagent/tokens/a.key"]
        let (error, requests) = try await failure([ScriptedAnswer(401, fields: challenge)])
        #expect(error?.kind == .refused)
        #expect(error?.hint?.contains("http://localhost:40342/metadata/identity") == true)
        #expect(requests == 1)
    }
}
