import PKI

/// A server that must serve a certificate once it is live, as `verify` of the settings has it.
package struct Verification: Sendable, Hashable {
    package var endpoint: TLSEndpoint

    /// The name to ask for by SNI; nil takes the certificate's first one that is no wildcard.
    package var serverName: String?
    package var startTLS: StartTLS?

    /// How long a server may take until it serves what is live.
    package var timeout: Duration

    /// Whether the certificate has several at this endpoint.
    var sharesEndpoint = false

    /// What the history calls it: `verify:127.0.0.1:443`, and where a certificate has several
    /// there, `verify:127.0.0.1:443/www.contoso.com`.
    package var name: String {
        "verify:\(endpoint)" + (sharesEndpoint ? "/\(serverName ?? "")" : "")
    }

    /// The endpoint in messages, with what tells it from others at the same address.
    var subject: String {
        let details = [startTLS?.rawValue, serverName].compactMap(\.self).joined(separator: ", ")
        return details.isEmpty ? "\(endpoint)" : "\(endpoint) (\(details))"
    }

    /// The server to look at, for a certificate with these names.
    func server(for dnsNames: [String]) -> TLSServer {
        TLSServer(
            endpoint: endpoint,
            serverName: serverName ?? dnsNames.first { TLSEndpoint.isHostName($0) },
            startTLS: startTLS
        )
    }
}
