/// What is wrong with the address of an identity endpoint.
package enum IdentityEndpointError: Error, Sendable, Equatable {
    case notURL
    case notHTTP
    case hasCredentials
    case hasQuery
    case badPort
    case badPath
    /// A host that is neither this machine nor its link-local metadata service.
    case foreignHost(String)
    /// Azure Arc's, but not on this machine.
    case notLoopback
}

extension IdentityEndpointError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notURL: "identity endpoint is not a URL with a host"
        case .notHTTP: "identity endpoint is not an http URL"
        case .hasCredentials: "identity endpoint has a user name"
        case .hasQuery: "identity endpoint has a query or a fragment"
        case .badPort: "identity endpoint has a port outside 1 to 65535"
        case .badPath: "identity endpoint has no path, or one with odd characters"
        case .foreignHost(let host):
            "identity endpoint is on \(host), which is neither 169.254.169.254 nor this machine"
        case .notLoopback: "identity endpoint of Azure Arc is not on this machine"
        }
    }

    package var hint: String? {
        "leave the setting out; it is \(IdentityEndpoint.imds.baseURL) on Azure, and "
            + "\(IdentityEndpoint.arc.baseURL) with Azure Arc"
    }
}
