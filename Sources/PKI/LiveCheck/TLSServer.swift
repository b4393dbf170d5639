import Glibc

/// A server whose certificate is looked at from outside, as its clients see it.
package struct TLSServer: Sendable, Hashable {
    /// How long to wait between two looks at a server that still serves another certificate: a
    /// reload that replaces processes takes some tenths of a second.
    private static let pauseInMicroseconds: useconds_t = 200_000

    package let endpoint: TLSEndpoint

    /// The name to ask for by SNI, nil for none; an address is never sent (RFC 6066, section 3).
    package let serverName: String?
    package let startTLS: StartTLS?

    package init(endpoint: TLSEndpoint, serverName: String? = nil, startTLS: StartTLS? = nil) {
        self.endpoint = endpoint
        self.serverName = serverName
        self.startTLS = startTLS
    }

    /// The leaf that the server shows.
    package func leaf(within limit: Duration) async -> Result<CertificateFacts, HandshakeError> {
        let deadline = ContinuousClock.now + limit
        return await OwnThread.run {
            Result { () throws(HandshakeError) in try leaf(until: deadline) }
        } otherwise: { code in
            .failure(error(.connect, Obstacle(errno: code)))
        }
    }

    /// Looks again and again until the server shows the leaf with this SHA-256, or the time is
    /// over.
    ///
    /// It has no regard for the task's being cancelled: what is decided by the answer must not
    /// depend on that.
    ///
    /// - Returns: What was seen last.
    package func leaf(
        awaiting sha256: String,
        within limit: Duration
    ) async -> Result<CertificateFacts, HandshakeError> {
        let deadline = ContinuousClock.now + limit
        return await OwnThread.run {
            var seen: Result<CertificateFacts, HandshakeError>?
            while true {
                let result = Result { () throws(HandshakeError) in try leaf(until: deadline) }
                switch result {
                case .success(let leaf): if leaf.sha256 == sha256 { return result }
                case .failure(let error):
                    // The last look has little time, and says less than the one before it.
                    if error.isTimeOut { return seen ?? result }
                }
                seen = result
                guard deadline.secondsLeft > 0.25 else { return result }
                usleep(Self.pauseInMicroseconds)
            }
        } otherwise: { code in
            .failure(error(.connect, Obstacle(errno: code)))
        }
    }

    /// One look, on the calling thread.
    private func leaf(
        until deadline: ContinuousClock.Instant
    ) throws(HandshakeError) -> CertificateFacts {
        let addresses = try step(.resolve) { () throws(Obstacle) in
            try Resolver.addresses(of: endpoint, until: deadline)
        }
        let socket = try step(.connect) { () throws(Obstacle) in
            try TimedSocket(to: addresses, until: deadline)
        }
        if let startTLS {
            try step(.startTLS) { () throws(Obstacle) in
                try StartTLSDialogue.hold(startTLS, over: socket)
            }
        }
        let name = serverName.flatMap { TLSEndpoint.isAddress($0) ? nil : $0 }
        return try step(.handshake) { () throws(Obstacle) in
            try ErrorQueue.isolated { () throws(Obstacle) in
                try TLSConnection(over: socket, serverName: name).leaf(over: socket)
            }
        }
    }

    private func step<Value: ~Copyable>(
        _ step: HandshakeError.Step,
        _ body: () throws(Obstacle) -> Value
    ) throws(HandshakeError) -> Value {
        do throws(Obstacle) {
            return try body()
        } catch {
            throw self.error(step, error)
        }
    }

    private func error(_ step: HandshakeError.Step, _ obstacle: Obstacle) -> HandshakeError {
        HandshakeError(
            server: self,
            step: step,
            cause: obstacle.cause,
            isTimeOut: obstacle.isTimeOut,
            isRefusal: obstacle.isRefusal
        )
    }
}
