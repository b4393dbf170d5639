import HTTP
import Sensitive
import TestSupport
import Testing

@Suite("Hostile and broken servers", .timeLimit(.minutes(15)))
struct HostileServerTests {
    private let client = HTTPClient()
    private static let tight = HTTPLimits(
        connect: .seconds(5),
        total: .seconds(20),
        stall: .seconds(1),
        bodyBytes: 1000,
        headerBytes: 2000
    )

    private func failure(
        limits: HTTPLimits = tight,
        script: @escaping @Sendable (ScriptedConnection) -> Void
    ) async throws -> (error: HTTPError?, name: String) {
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            script(connection)
        }
        let name = "127.0.0.1:\(server.port)"
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, "http://\(name)/", limits: limits))
        }
        #expect(error?.origin == "http://\(name)")
        return (error, name)
    }

    @Test("A body that says it is too large is refused before it comes")
    func announcedBody() async throws {
        let (error, name) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n")
            connection.waitForEnd()
        }
        #expect(error?.kind == .tooLarge)
        #expect(error?.description == "read from \(name): body exceeds 1000 bytes")
    }

    @Test("A body of the largest size is taken")
    func largestBody() async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(200, String(repeating: "x", count: 1000))
        ])
        let response = try await client.send(
            HTTPRequest(.get, "http://127.0.0.1:\(server.port)/", limits: Self.tight)
        )
        #expect(response.body.count == 1000)
    }

    @Test("A body without end is cut at the limit")
    func endlessBody() async throws {
        let (error, name) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.send("10\r\n0123456789abcdef\r\n") {}
        }
        #expect(error?.kind == .tooLarge)
        #expect(error?.description == "read from \(name): body exceeds 1000 bytes")
    }

    @Test("Header fields without end are cut at the limit")
    func endlessFields() async throws {
        let (error, name) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\n")
            while connection.send("X-More: and more\r\n") {}
        }
        #expect(error?.kind == .tooLarge)
        #expect(error?.description == "read from \(name): header fields exceed 2000 bytes")
    }

    @Test("Interim answers without end are cut at the limit")
    func endlessInterimAnswers() async throws {
        let (error, _) = try await failure { connection in
            while connection.send("HTTP/1.1 102 Processing\r\n\r\n") {}
        }
        #expect(error?.kind == .tooLarge)
    }

    @Test("One header line without end is cut")
    func endlessLine() async throws {
        let (error, _) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nX-Long: ")
            while connection.send(String(repeating: "x", count: 4096)) {}
        }
        #expect(error?.kind == .tooLarge, "\(String(describing: error))")
    }

    @Test("A server that falls silent has stalled")
    func stall() async throws {
        let (error, name) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
            connection.waitForEnd()
        }
        #expect(error?.kind == .stalled)
        #expect(error?.description == "read from \(name): nothing came for 1.0 seconds")
    }

    @Test("A server that takes too long altogether is timed out")
    func total() async throws {
        var limits = Self.tight
        limits.total = .milliseconds(200)
        let (error, _) = try await failure(limits: limits) { $0.waitForEnd() }
        #expect(error?.kind == .timedOut)
    }

    @Test("A body that trickles for ever is over with the total limit")
    func trickle() async throws {
        var limits = Self.tight
        limits.total = .milliseconds(500)
        let (error, name) = try await failure(limits: limits) { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n")
            while connection.stays(for: 20), connection.send("x") {}
        }
        #expect(error?.kind == .timedOut)
        #expect(error?.description == "read from \(name): no whole answer within 0.5 seconds")
    }

    @Test("Header fields that trickle for ever are over with the total limit")
    func tricklingFields() async throws {
        var limits = Self.tight
        limits.total = .milliseconds(500)
        let (error, _) = try await failure(limits: limits) { connection in
            connection.send("HTTP/1.1 200 OK\r\nX-Slow: ")
            while connection.stays(for: 20), connection.send("x") {}
        }
        #expect(error?.kind == .timedOut)
    }

    @Test("A gigabyte is refused by its announcement, and without one at the limit")
    func gigabyte() async throws {
        let (announced, _) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(1 << 30)\r\n\r\n")
            connection.waitForEnd()
        }
        #expect(announced?.kind == .tooLarge)
        let (beyond, _) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")
            while connection.send(String(repeating: "x", count: 4096)) {}
        }
        #expect(beyond != nil)
    }

    @Test(
        "A packed body is refused by its head, and none of it is unpacked",
        arguments: ["gzip", "x-gzip", "deflate", "br", "zstd", "identity, gzip"]
    )
    func packed(encoding: String) async throws {
        let (error, name) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Encoding: \(encoding)\r\n\r\n")
            connection.waitForEnd()
        }
        #expect(error?.kind == .malformed)
        #expect(
            error?.description == "read from \(name): Content-Encoding is \(encoding), "
                + "which was not asked for"
        )
    }

    @Test("A body that is packed in nothing is taken", arguments: ["identity", "Identity", ""])
    func unpacked(encoding: String) async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(200, "x", fields: ["Content-Encoding": encoding])
        ])
        let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(response.body.count == 1)
    }

    @Test("A body that is cut off is no answer")
    func cutOff() async throws {
        let (error, _) = try await failure { connection in
            connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        }
        #expect(error?.kind == .unreachable)
    }

    @Test("A connection that closes without an answer is lost")
    func noAnswer() async throws {
        let (error, _) = try await failure { _ in }
        #expect(error?.kind == .unreachable)
    }

    @Test(
        "What is not HTTP is malformed",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\0\0\0\0\0\0\0\0\r\n\r\n"]
    )
    func notHTTP(_ greeting: String) async throws {
        let (error, _) = try await failure { connection in
            connection.send(greeting)
        }
        #expect(error?.kind == .malformed)
    }

    @Test("Field bytes that are no UTF-8 are replaced, not fatal")
    func invalidFieldBytes() async throws {
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            connection.send(Array("HTTP/1.1 200 OK\r\nX-Odd: a".utf8) + [0xFF, 0xC0])
            connection.send("\r\nContent-Length: 0\r\n\r\n")
            connection.waitForEnd()
        }
        let response = try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        #expect(response.value(of: "X-Odd") == "a\u{FFFD}\u{FFFD}")
    }

    @Test("A port where nobody listens refuses the connection")
    func refused() async throws {
        let port = try ListeningSocket.closedPort()
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(port)/"))
        }
        #expect(error?.kind == .unreachable)
        #expect(error?.description == "connect to 127.0.0.1:\(port): connection refused")
    }

    @Test("A name without an address is unresolvable")
    func unresolvable() async throws {
        let error = await #expect(throws: HTTPError.self) {
            try await client.send(HTTPRequest(.get, "https://no-such-vault.invalid/"))
        }
        #expect(error?.kind == .unresolvable)
        #expect(error?.description == "resolve no-such-vault.invalid: no address found")
    }
}
