import Dispatch
import HTTP
import Sensitive
import Synchronization
import TestSupport
import Testing

@Suite("Connections", .timeLimit(.minutes(15)))
struct ConnectionTests {
    /// Sends `count` requests at once; the different bodies and versions that came back.
    private func send(
        _ count: Int,
        to url: String,
        through client: HTTPClient
    ) async throws -> (bodies: Set<String>, versions: Set<String>) {
        try await withThrowingTaskGroup(of: HTTPResponse.self) { group in
            for _ in 0..<count {
                group.addTask { try await client.send(HTTPRequest(.get, url)) }
            }
            var bodies: Set<String> = []
            var versions: Set<String> = []
            for try await response in group {
                #expect(response.status == 200)
                bodies.insert(response.body.text)
                versions.insert(response.httpVersion)
            }
            return (bodies, versions)
        }
    }

    @Test("200 requests at once share one HTTP/2 connection")
    func oneConnection() async throws {
        let nginx = try Nginx(locations: #"location / { return 200 "$connection"; }"#)
        let client = HTTPClient(caBundle: nginx.caBundle)
        let (connections, versions) = try await send(
            200,
            to: "https://localhost:\(nginx.port)/",
            through: client
        )
        #expect(connections.count == 1)
        #expect(versions == ["2"])
    }

    @Test("Fifty requests are under way at once on one connection")
    func multiplexing() async throws {
        let count = 50
        let arrived = Atomic<Int>(0)
        let everyone = DispatchSemaphore(value: 0)
        let backend = try ScriptedServer { connection in
            _ = connection.nextRequest()
            // Nobody is answered before all have asked.
            if arrived.add(1, ordering: .relaxed).newValue == count {
                for _ in 0..<count { everyone.signal() }
            }
            everyone.wait()
            connection.send(ScriptedAnswer(200, fields: ["Connection": "close"]).bytes)
        }
        let nginx = try Nginx(
            locations: """
                location / {
                    proxy_pass http://127.0.0.1:\(backend.port);
                    add_header X-Connection $connection;
                }
                """
        )
        let client = HTTPClient(caBundle: nginx.caBundle)
        let connections = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await client.send(HTTPRequest(.get, "https://localhost:\(nginx.port)/"))
                        .value(of: "X-Connection")
                }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(connections.count == 1)
    }

    @Test("A server without HTTP/2 sees eight connections at most")
    func boundedConnections() async throws {
        let nginx = try Nginx(
            locations: #"location / { return 200 "$connection"; }"#,
            listens: ""
        )
        let client = HTTPClient(caBundle: nginx.caBundle)
        let (connections, versions) = try await send(
            200,
            to: "https://localhost:\(nginx.port)/",
            through: client
        )
        #expect((1...8).contains(connections.count))
        #expect(versions == ["1.1"])
    }

    @Test("A request after another uses its connection again")
    func reuse() async throws {
        let nginx = try Nginx(locations: #"location / { return 200 "$connection"; }"#)
        let client = HTTPClient(caBundle: nginx.caBundle)
        let request = HTTPRequest(.get, "https://localhost:\(nginx.port)/")
        let first = try await client.send(request).body
        let second = try await client.send(request).body
        #expect(first == second)
    }

    @Test("A connection that the server has closed is replaced without an error")
    func closedMeanwhile() async throws {
        let (endings, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            connection.send(ScriptedAnswer(200).bytes)
            ended.yield()
        }
        let client = HTTPClient()
        for _ in 0..<3 {
            let url = "http://127.0.0.1:\(server.port)/"
            #expect(try await client.send(HTTPRequest(.get, url)).status == 200)
            for await _ in endings { break }
        }
    }
}

extension SensitiveBytes {
    /// The bytes as text, for what is no secret in a test.
    fileprivate var text: String {
        withBytes { bytes in String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self) }
    }
}
