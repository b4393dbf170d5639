import FoundationEssentials
import Locking

/// Counts while the emulator runs.
final class RequestLog: Sendable {
    private let state = Locked(EmulatorStatistics())
    /// Those who wait for a request to come; each is told of every one.
    private let watchers = Locked<[UInt64: AsyncStream<Void>.Continuation]>([:])

    var statistics: EmulatorStatistics { state.withLock { $0 } }

    func reset() {
        state.withLock { $0 = EmulatorStatistics() }
    }

    /// Returns once there have been `count` requests of a kind, or throws when `limit` is over.
    func wait(
        for kind: EmulatorStatistics.Kind,
        count: Int,
        within limit: Duration
    ) async throws {
        let id = UInt64.random(in: 0...UInt64.max)
        let (requests, watcher) = AsyncStream.makeStream(of: Void.self)
        watchers.withLock { $0[id] = watcher }
        defer { watchers.withLock { _ = $0.removeValue(forKey: id) } }
        try await withThrowingTaskGroup { group in
            group.addTask {
                // Looked at after the watcher is in place, so that none is missed.
                if self.statistics.count(kind) >= count { return }
                for await _ in requests where self.statistics.count(kind) >= count { return }
            }
            group.addTask {
                try await Task.sleep(for: limit)
                throw EmulatorError(
                    "wait for \(count) requests of kind \(kind.rawValue): there were "
                        + "\(self.statistics.count(kind)) within \(limit)"
                )
            }
            try await group.next()
            group.cancelAll()
        }
    }

    func noteConnection() {
        state.withLock { $0.connections += 1 }
    }

    func noteReceived(bytes: Int) {
        state.withLock { $0.bytesReceived += bytes }
    }

    func noteSent(bytes: Int) {
        state.withLock { $0.bytesSent += bytes }
    }

    func noteToken() {
        state.withLock { $0.tokens += 1 }
    }

    func note(
        _ kind: EmulatorStatistics.Kind,
        _ exchange: Exchange,
        status: Int,
        clientID: String? = nil
    ) {
        let now = Date()
        let request = EmulatorStatistics.Request(
            at: now,
            unixTime: now.timeIntervalSince1970,
            kind: kind,
            method: exchange.method,
            host: exchange.authority,
            path: exchange.path,
            status: status,
            httpVersion: exchange.httpVersion,
            clientID: clientID
        )
        state.withLock { state in
            state.requests[kind.rawValue, default: 0] += 1
            state.log.append(request)
            if state.log.count > 1000 { state.log.removeFirst(state.log.count - 1000) }
        }
        for watcher in watchers.withLock({ Array($0.values) }) { watcher.yield() }
    }
}
