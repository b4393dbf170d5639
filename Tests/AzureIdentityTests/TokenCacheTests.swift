import AzureIdentity
import Dispatch
import Foundation
import HTTP
import Sensitive
import Synchronization
import TestSupport
import Testing

@Suite("Token cache", .timeLimit(.minutes(15)))
struct TokenCacheTests {
    private let http = HTTPClient()
    private let clock = Clock()

    /// A clock that stands until a test moves it.
    final class Clock: Sendable {
        private let elapsed = Mutex<TimeInterval>(0)

        var now: Date { Date.testNow.addingTimeInterval(elapsed.withLock { $0 }) }

        func advance(by seconds: TimeInterval) {
            elapsed.withLock { $0 += seconds }
        }
    }

    private var cache: TokenCache {
        TokenCache(http: http, policy: .instant, now: { [clock] in clock.now })
    }

    private static let first = SensitiveBytes(copying: "eyJ1".utf8)
    private static let second = SensitiveBytes(copying: "eyJ2".utf8)

    @Test("A token is asked for once and kept")
    func kept() async throws {
        let server = try ScriptedServer(answers: [.token("eyJ1", expiresIn: "3600")])
        let cache = cache
        for _ in 0..<3 {
            let token = try await cache.token(for: "a", using: server.credential())
            #expect(token.secret == Self.first)
            clock.advance(by: 1000)
        }
        #expect(server.requests.count == 1)
    }

    @Test("Each audience and identity has its own")
    func separate() async throws {
        let server = try ScriptedServer(answers: [.token("eyJ1", expiresIn: "3600")])
        let cache = cache
        for _ in 0..<2 {
            _ = try await cache.token(for: "a", using: server.credential())
            _ = try await cache.token(for: "b", using: server.credential())
            _ = try await cache.token(for: "a", using: server.credential(.clientID("x")))
        }
        #expect(server.requests.count == 3)
    }

    @Test("Concurrent calls share one request")
    func shared() async throws {
        let server = try ScriptedServer(answers: [.token("eyJ1", expiresIn: "3600")])
        let cache = cache
        let credential = try server.credential()
        try await withThrowingTaskGroup(of: AccessToken.self) { group in
            for _ in 0..<50 {
                group.addTask { try await cache.token(for: "a", using: credential) }
            }
            for try await token in group { #expect(token.secret == Self.first) }
        }
        #expect(server.requests.count == 1)
    }

    @Test("A token is renewed ahead of its end")
    func renewed() async throws {
        let server = try ScriptedServer(answers: [
            .token("eyJ1", expiresIn: "3600"), .token("eyJ2", expiresIn: "3600"),
        ])
        let cache = cache
        _ = try await cache.token(for: "a", using: server.credential())
        clock.advance(by: 3301)
        #expect(try await cache.token(for: "a", using: server.credential()).secret == Self.second)
    }

    @Test("A renewal that fails keeps the old token, and is not tried again for 30 s")
    func renewalFails() async throws {
        let server = try ScriptedServer(answers: [
            .token("eyJ1", expiresIn: "3600"), ScriptedAnswer(503),
        ])
        let cache = cache
        _ = try await cache.token(for: "a", using: server.credential())
        clock.advance(by: 3301)
        for _ in 0..<3 {
            let token = try await cache.token(for: "a", using: server.credential())
            #expect(token.secret == Self.first)
        }
        #expect(server.requests.count == 2)
        clock.advance(by: 31)
        _ = try await cache.token(for: "a", using: server.credential())
        #expect(server.requests.count == 3)
        clock.advance(by: 300)
        await #expect(throws: IdentityError.self) {
            try await cache.token(for: "a", using: server.credential())
        }
    }

    @Test("A failure is shared by those who ask within 5 s, and then asked about again")
    func refusal() async throws {
        let server = try ScriptedServer(answers: [
            ScriptedAnswer(400, #"{"error":"invalid_request"}"#),
            .token("eyJ1", expiresIn: "3600"),
        ])
        let cache = cache
        for _ in 0..<3 {
            let error = await #expect(throws: IdentityError.self) {
                try await cache.token(for: "a", using: server.credential())
            }
            #expect(error?.description.contains("invalid_request") == true)
            clock.advance(by: 1)
        }
        #expect(server.requests.count == 1)
        clock.advance(by: 2)
        #expect(try await cache.token(for: "a", using: server.credential()).secret == Self.first)
        #expect(server.requests.count == 2)
    }

    @Test("A failed renewal is no failure of those who ask once the old token is over")
    func failedAhead() async throws {
        let server = try ScriptedServer(answers: [
            .token("eyJ1", expiresIn: "3600"), ScriptedAnswer(503),
            .token("eyJ2", expiresIn: "3600"),
        ])
        let cache = cache
        _ = try await cache.token(for: "a", using: server.credential())
        clock.advance(by: 3599)
        #expect(try await cache.token(for: "a", using: server.credential()).secret == Self.first)
        clock.advance(by: 2)
        #expect(try await cache.token(for: "a", using: server.credential()).secret == Self.second)
    }

    @Test("A discarded token is replaced, but not one that came after it")
    func discarded() async throws {
        let server = try ScriptedServer(answers: [
            .token("eyJ1", expiresIn: "3600"), .token("eyJ2", expiresIn: "3600"),
        ])
        let cache = cache
        let credential = try server.credential()
        let old = try await cache.token(for: "a", using: credential)
        await cache.discard(old, for: "a", of: credential)
        #expect(try await cache.token(for: "a", using: credential).secret == Self.second)
        await cache.discard(old, for: "a", of: credential)
        #expect(try await cache.token(for: "a", using: credential).secret == Self.second)
        #expect(server.requests.count == 2)
    }

    @Test("A caller that gives up alone ends the request, and the next call starts anew")
    func abandoned() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (endings, ended) = AsyncStream.makeStream(of: Void.self)
        let server = try ScriptedServer { connection in
            guard let (_, number) = connection.nextRequest() else { return }
            guard number == 0 else {
                connection.send(ScriptedAnswer.token("eyJ1", expiresIn: "3600").bytes)
                return
            }
            arrived.yield()
            connection.waitForEnd()
            ended.yield()
        }
        let cache = cache
        let credential = try server.credential()
        let call = Task { try await cache.token(for: "a", using: credential) }
        for await _ in arrivals { break }
        call.cancel()
        for await _ in endings { break }
        await #expect(throws: IdentityError.self) { try await call.value }
        #expect(try await cache.token(for: "a", using: credential).secret == Self.first)
    }

    @Test("A caller that gives up leaves the request to the others")
    func oneGivesUp() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection in
            guard connection.nextRequest() != nil else { return }
            arrived.yield()
            gate.wait()
            connection.send(ScriptedAnswer.token("eyJ1", expiresIn: "3600").bytes)
        }
        let cache = cache
        let credential = try server.credential()
        let first = Task { try await cache.token(for: "a", using: credential) }
        for await _ in arrivals { break }
        // Stands in the actor's queue at once, so it has joined when the next call is through.
        let second = Task.immediate { try await cache.token(for: "a", using: credential) }
        let unknown = AccessToken(secret: Self.second, expiresAt: clock.now, renewAt: clock.now)
        await cache.discard(unknown, for: "a", of: credential)
        first.cancel()
        gate.signal()
        #expect(try await second.value.secret == Self.first)
        #expect(server.requests.count == 1)
    }
}
