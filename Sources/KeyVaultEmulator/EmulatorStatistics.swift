import FoundationEssentials

/// What has been asked of an emulator since it started.
package struct EmulatorStatistics: Sendable, Codable, Equatable {
    /// What a request was about.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        case secret, secretVersion, secretVersions, secrets, secretWrite
        case certificate, certificateVersion, certificateVersions, certificates
        case certificatePolicy, certificatePending, certificateWrite
        case deleted
        /// The identity endpoint (IMDS).
        case identity
        /// A token asked of the authority.
        case token
        /// What the authority says of itself.
        case discovery
        case other
    }

    /// One request, without anything secret.
    package struct Request: Sendable, Codable, Equatable {
        package let at: Date
        /// The same as Unix time, with the fraction that `at` loses in JSON.
        package let unixTime: Double
        package let kind: Kind
        package let method: String
        package let host: String
        package let path: String
        package let status: Int
        package let httpVersion: String
        /// The client id in its token, where it had a good one.
        package let clientID: String?
    }

    /// How many requests of each kind, by `Kind`'s raw value; kinds nobody asked for are absent.
    package var requests: [String: Int] = [:]
    /// TLS connections accepted.
    package var connections = 0
    /// Bytes that came over them, as the sockets see it: with TLS and HTTP's own.
    package var bytesReceived = 0
    /// Bytes that were written to them, the same way.
    package var bytesSent = 0
    /// Tokens issued, by both ways.
    package var tokens = 0
    /// The last thousand requests, oldest first.
    package var log: [Request] = []

    package init() {}

    /// How many requests of one kind.
    package func count(_ kind: Kind) -> Int { requests[kind.rawValue] ?? 0 }
}
