/// Why there is no answer.
///
/// An answer with a bad status is an ``HTTPResponse``, not an error.
package struct HTTPError: Error, Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case badURL
        /// The host, or that of the proxy, has no address.
        case unresolvable
        /// No connection, or one that was lost before the answer was whole.
        case unreachable
        /// The handshake failed, or the server is not who it should be.
        case tls
        case timedOut
        /// The connection stood, but nothing came for too long.
        case stalled
        case tooLarge
        /// What came is not HTTP, or what was to be sent would not be.
        case malformed
        case cancelled
        case other
    }

    package let kind: Kind
    /// `scheme://host:port`; empty when the URL has none.
    package let origin: String
    /// What was tried, with whom, and the cause: `connect to kv.vault.azure.net: connection refused`.
    package let detail: String

    package init(kind: Kind, origin: String, detail: String) {
        self.kind = kind
        self.origin = origin
        self.detail = detail
    }
}

extension HTTPError: CustomStringConvertible {
    package var description: String { detail }
}

extension HTTPError {
    /// Whether the same request may succeed a moment later.
    package var isTransient: Bool {
        switch kind {
        case .unresolvable, .unreachable, .timedOut, .stalled, .other: true
        case .badURL, .tls, .tooLarge, .malformed, .cancelled: false
        }
    }
}
