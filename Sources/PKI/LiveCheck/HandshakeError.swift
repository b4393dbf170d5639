/// Why a server did not show its certificate.
package struct HandshakeError: Error, Sendable, Hashable {
    /// How far it came.
    package enum Step: Sendable, Hashable {
        case resolve, connect, startTLS, handshake
    }

    package let server: TLSServer
    package let step: Step
    package let cause: String

    /// Whether the time was over, which says less than a refusal.
    package let isTimeOut: Bool

    /// Whether the server speaks TLS and would not go on, for instance for want of a name.
    package let isRefusal: Bool
}

extension HandshakeError: CustomStringConvertible {
    package var description: String {
        switch step {
        case .resolve: "look up \(server.endpoint.host): \(cause)"
        case .connect: "connect to \(server.endpoint): \(cause)"
        case .startTLS:
            "STARTTLS with \(server.startTLS?.rawValue ?? "") on \(server.endpoint): \(cause)"
        case .handshake: "TLS handshake with \(server.endpoint): \(cause)"
        }
    }
}
