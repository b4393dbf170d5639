import HTTP
import Sensitive
import TestSupport
import Testing

@Suite("HTTP exchanges", .timeLimit(.minutes(15)))
struct ExchangeTests {
    private let client = HTTPClient()

    @Test("An answer has its status, fields in any case of letters, body and version")
    func answer() async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(418, "short and stout", fields: ["X-Kind": "  teapot\t"])
        ])
        let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(response.status == 418)
        #expect(response.value(of: "x-kind") == "teapot")
        #expect(response.value(of: "missing") == nil)
        #expect(response.body == SensitiveBytes(copying: "short and stout".utf8))
        #expect(response.httpVersion == "1.1")
    }

    @Test("A request carries its method, fields, body and who asks")
    func request() async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        _ = try await client.send(
            HTTPRequest(
                .put,
                "http://127.0.0.1:\(server.port)/a/b?c=d",
                fields: [
                    HTTPField(
                        "Authorization",
                        sensitive: SensitiveBytes(copying: "Bearer t0p".utf8)
                    ),
                    HTTPField("X-Empty", ""),
                ],
                body: SensitiveBytes(copying: "payload".utf8)
            )
        )
        let request = try #require(server.requests.first)
        #expect(request.line == "PUT /a/b?c=d HTTP/1.1")
        #expect(request.fields["authorization"] == "Bearer t0p")
        #expect(request.fields["x-empty"] == "")
        #expect(request.fields["user-agent"] == "kvagent")
        #expect(request.fields["content-type"] == nil)
        #expect(request.fields["accept-encoding"] == nil)
        #expect(request.body == "payload")
    }

    @Test("A POST without a body says that there is none")
    func emptyPost() async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        _ = try await client.send(HTTPRequest(.post, "http://127.0.0.1:\(server.port)/"))
        #expect(server.requests.first?.line == "POST / HTTP/1.1")
        #expect(server.requests.first?.fields["content-length"] == "0")
    }

    @Test("A name below localhost is this machine")
    func localhost() async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let url = "http://kv.vault.localhost:\(server.port)/"
        #expect(try await client.send(HTTPRequest(.get, url)).status == 200)
    }

    @Test("Fields of interim answers are not those of the answer")
    func interim() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            connection.send("HTTP/1.1 103 Early Hints\r\nX-Early: yes\r\n\r\n")
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Late: yes\r\n\r\n")
            connection.waitForEnd()
        }
        let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(response.status == 200)
        #expect(response.fields.map(\.name) == ["Content-Length", "X-Late"])
    }

    @Test("A redirect is handed over, not followed")
    func redirect() async throws {
        let elsewhere = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(302, fields: ["Location": "http://127.0.0.1:\(elsewhere.port)/"])
        ])
        let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(response.status == 302)
        #expect(elsewhere.requests.isEmpty)
    }

    @Test("A field that would become two is refused before anything is sent")
    func injection() async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let fields = [
            HTTPField("X-Good", "a\r\nX-Evil: b"),
            HTTPField("X-Good", sensitive: SensitiveBytes(copying: "a\nX-Evil: b".utf8)),
            HTTPField("X-Evil: b\r\nX-Good", "a"),
        ]
        for field in fields {
            let error = await #expect(throws: HTTPError.self) {
                try await client.send(
                    HTTPRequest(.get, "http://127.0.0.1:\(server.port)/", fields: [field])
                )
            }
            #expect(error?.kind == .malformed)
        }
        #expect(server.requests.isEmpty)
    }

    @Test(
        "A URL that is none of ours is refused, and its password stays out of the message",
        arguments: [
            "", "nonsense", "/path", "ftp://127.0.0.1/", "file:///etc/passwd", "http://",
            "http://a b/", "http://user:hunter2@127.0.0.1/", "https://127.0.0.1:99999/",
        ]
    )
    func badURL(_ url: String) async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, url))
        }
        #expect(error?.kind == .badURL)
        #expect(error?.description.contains("hunter2") == false)
    }
}
