import Foundation
import HTTP
import Synchronization
import TestSupport
import Testing

@testable import AzureIdentity

/// What an identity endpoint bears: 5 requests at once, 20 in a second.
@Suite("The gate of identity endpoints", .timeLimit(.minutes(15)))
struct IdentityGateTests {
    /// How many are through the gate.
    private final class Count: Sendable {
        private let state = Mutex((running: 0, most: 0, done: 0))

        var most: Int { state.withLock(\.most) }
        var done: Int { state.withLock(\.done) }

        /// How many there are with this one.
        func enter() -> Int {
            state.withLock {
                $0.running += 1
                $0.most = max($0.most, $0.running)
                return $0.running
            }
        }

        func leave() {
            state.withLock {
                $0.running -= 1
                $0.done += 1
            }
        }
    }

    @Test("Five go through at once, and all go through")
    func atOnce() async {
        let gate = IdentityGate()
        let count = Count()
        let (full, isFull) = AsyncStream.makeStream(of: Void.self)
        let (opening, opened) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask {
                    await gate.pass {
                        if count.enter() == 5 { isFull.finish() }
                        for await _ in opening {}
                        count.leave()
                    }
                }
            }
            for await _ in full {}
            opened.finish()
        }
        #expect(count.most == 5)
        #expect(count.done == 12)
    }

    @Test("One that is cancelled while it waits is not kept, and leaves the others their turns")
    func cancelled() async {
        let gate = IdentityGate()
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (opening, opened) = AsyncStream.makeStream(of: Void.self)
        let holders = (0..<5).map { _ in
            Task {
                await gate.pass {
                    arrived.yield()
                    for await _ in opening {}
                }
            }
        }
        var count = 0
        for await _ in arrivals {
            count += 1
            if count == 5 { break }
        }
        let waiting = Task.immediate { await gate.pass { Task.isCancelled } }
        waiting.cancel()
        #expect(await waiting.value)
        opened.finish()
        for holder in holders { await holder.value }
        #expect(await gate.pass { true })
    }

    @Test("The twenty-first of a second waits for its end")
    func pace() {
        let start = ContinuousClock.now
        func at(_ milliseconds: Int) -> ContinuousClock.Instant {
            start + .milliseconds(milliseconds)
        }
        let some = (0..<19).map { at($0) }
        #expect(IdentityGate.start(after: [], now: at(0)) == at(0))
        #expect(IdentityGate.start(after: some, now: at(20)) == at(20))
        let all = some + [at(20)]
        #expect(IdentityGate.start(after: all, now: at(30)) == at(1000))
        #expect(IdentityGate.start(after: all, now: at(1500)) == at(1500))
        #expect(IdentityGate.start(after: all.dropFirst() + [at(1000)], now: at(30)) == at(1001))
    }

    @Test("Many identities ask their endpoint five at a time")
    func identities() async throws {
        let count = Count()
        let (full, isFull) = AsyncStream.makeStream(of: Void.self)
        let gate = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection in
            while let (request, _) = connection.nextRequest() {
                let answer = ScriptedAnswer.token("eyJ1", expiresIn: "3600").bytes
                guard request.target.contains("client_id") else {
                    connection.send(answer)
                    continue
                }
                if count.enter() == 5 { isFull.finish() }
                gate.wait()
                count.leave()
                connection.send(answer)
            }
        }
        let cache = TokenCache(http: HTTPClient(), policy: .instant)
        // libcurl opens no second connection before it knows that the first is of HTTP/1.1.
        _ = try await cache.token(for: "a", using: server.credential())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<12 {
                let credential = try server.credential(.clientID("\(number)"))
                group.addTask { _ = try await cache.token(for: "a", using: credential) }
            }
            for await _ in full {}
            for _ in 0..<12 { gate.signal() }
            try await group.waitForAll()
        }
        #expect(count.most == 5)
    }
}
