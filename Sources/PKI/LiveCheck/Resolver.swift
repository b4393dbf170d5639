import Dispatch
import Glibc
import Locking

/// Looks names up with a limit to the wait, which getaddrinfo(3) doesn't have.
enum Resolver {
    /// What the thread that asks leaves behind.
    private final class Answer: Sendable {
        let addresses = Locked<Result<[SocketAddress], Obstacle>?>(nil)
        let isThere = DispatchSemaphore(value: 0)
    }

    /// The addresses of an endpoint, in the system's order of preference.
    ///
    /// When the time is over the thread that asks is left alone: it ends with the resolver's own
    /// patience (resolv.conf(5), `timeout` and `attempts`).
    static func addresses(
        of endpoint: TLSEndpoint,
        until deadline: ContinuousClock.Instant
    ) throws(Obstacle) -> [SocketAddress] {
        if case .success(let addresses) = SocketAddress.lookUp(endpoint, flags: AI_NUMERICHOST) {
            return addresses
        }
        let answer = Answer()
        let code = OwnThread.start {
            let found = SocketAddress.lookUp(endpoint)
            answer.addresses.withLock { $0 = found }
            answer.isThere.signal()
        }
        guard code == 0 else { throw Obstacle(errno: code) }
        _ = answer.isThere.wait(timeout: .now() + deadline.secondsLeft)
        guard let result = answer.addresses.withLock({ $0 }) else { throw .timeOver }
        return try result.get()
    }
}

extension ContinuousClock.Instant {
    /// Until this moment, in seconds; 0 when it is past.
    var secondsLeft: Double {
        let left = ContinuousClock.now.duration(to: self).components
        return max(0, Double(left.seconds) + Double(left.attoseconds) / 1e18)
    }
}
