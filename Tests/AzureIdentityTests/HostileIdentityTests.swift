import AzureIdentity
import HTTP
import TestSupport
import Testing

@Suite("Hostile and broken identity endpoints", .timeLimit(.minutes(15)))
struct HostileIdentityTests {
    private func failure(_ server: ScriptedServer) async throws -> IdentityError? {
        let cache = TokenCache(http: HTTPClient(), policy: .none)
        let credential = try server.credential()
        let error = await #expect(throws: IdentityError.self) {
            try await cache.token(for: "https://vault.azure.net", using: credential)
        }
        #expect(error?.description.contains("hunter2") == false)
        return error
    }

    private func failure(
        _ body: [UInt8],
        fields: [String: String] = [:]
    ) async throws -> IdentityError? {
        try await failure(ScriptedServer(answers: [ScriptedAnswer(200, body, fields: fields)]))
    }

    private static let good = #"{"access_token":"hunter2","expires_in":"3600"}"#

    @Test("A redirect is not followed")
    func redirect() async throws {
        let elsewhere = try ScriptedServer(answers: [.token("hunter2", expiresIn: "3600")])
        let target = "http://127.0.0.1:\(elsewhere.port)/metadata/identity/oauth2/token"
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(302, fields: ["Location": target])
        ])
        #expect(try await failure(server)?.description.contains("302 Found") == true)
        #expect(elsewhere.requests.isEmpty)
    }

    @Test("A packed answer is refused by its head")
    func packed() async throws {
        let error = try await failure(
            Array(Self.good.utf8),
            fields: ["Content-Encoding": "gzip"]
        )
        #expect(error?.description.contains("Content-Encoding is gzip") == true)
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
            #expect(error?.description.contains("body exceeds 65536 bytes") == true)
        }
    }

    @Test("Deep nesting ends no process")
    func deep() async throws {
        let nest = String(repeating: "[", count: 30_000) + String(repeating: "]", count: 30_000)
        let body = #"{"x":\#(nest),"access_token":"hunter2","expires_in":"3600"}"#
        #expect(try await failure(Array(body.utf8))?.kind == .malformed)
    }

    @Test("What is no UTF-8 is malformed")
    func invalidUTF8() async throws {
        let body = Array(#"{"access_token":"hunter2"#.utf8) + [0xFF] + Array(#""}"#.utf8)
        #expect(try await failure(body)?.kind == .malformed)
    }
}
