import HTTP
import TestSupport
import Testing

@Suite("Cancellation", .timeLimit(.minutes(15)))
struct CancellationTests {
    private let client = HTTPClient()

    @Test("Cancelling aborts a transfer that waits for its answer")
    func whileWaiting() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (endings, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            arrived.yield()
            connection.waitForEnd()
            ended.yield()
        }
        let call = Task { [client] in
            try await client.send(HTTPRequest(.get, "http://127.0.0.1:\(server.port)/"))
        }
        for await _ in arrivals { break }
        call.cancel()
        let error = await #expect(throws: HTTPError.self) { try await call.value }
        #expect(error?.kind == .cancelled)
        // The server sees the connection close: nothing is left behind that waits for it.
        for await _ in endings { break }
    }

    @Test("A task that is cancelled already sends nothing")
    func beforehand() async throws {
        let server = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let url = "http://127.0.0.1:\(server.port)/"
        let call = Task { [client] in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return try await client.send(HTTPRequest(.get, url))
        }
        let error = await #expect(throws: HTTPError.self) { try await call.value }
        #expect(error?.kind == .cancelled)
        // The thread has handled everything before this answer.
        _ = try await client.send(HTTPRequest(.get, url))
        #expect(server.requests.count == 1)
    }

    @Test("A request that waits behind others for its server is cancelled too")
    func whileQueued() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { connection in
            _ = connection.nextRequest()
            arrived.yield()
            connection.waitForEnd()
        }
        let call = Task { [client] in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        _ = try await client.send(
                            HTTPRequest(.get, "http://127.0.0.1:\(server.port)/")
                        )
                    }
                }
                try await group.waitForAll()
            }
        }
        for await _ in arrivals { break }
        call.cancel()
        let error = await #expect(throws: HTTPError.self) { try await call.value }
        #expect(error?.kind == .cancelled)
    }
}
