import HTTP

/// The server that applications log in to (Entra ID), as in `https://login.microsoftonline.com`.
package struct AuthorityHost: Sendable, Hashable {
    /// Lower-case, with the port where it is not 443.
    package let name: String

    /// Reads a host as settings and `AZURE_AUTHORITY_HOST` have it: https, with or without a slash
    /// at its end, and nothing behind that.
    ///
    /// What is sent there lets its reader be the application, so there is no plain http and no odd
    /// spelling.
    package init(setting: String) throws(AuthorityHostError) {
        let scheme = "https://"
        guard setting.lowercased().hasPrefix(scheme) else { throw .notHTTPS }
        var rest = setting.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
        let labels = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, labels.allSatisfy({ Self.isLabel($0) }) else { throw .notHost }
        let host = parts[0].lowercased()
        guard parts.count == 2, parts[1] != "443" else {
            name = host
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(parts[1]),
            port > 0
        else { throw .notHost }
        name = "\(host):\(port)"
    }

    /// Where a tenant's tokens are asked for.
    func tokenURL(tenant: String) -> String {
        "https://\(name)/\(tenant)/oauth2/v2.0/token"
    }

    private static func isLabel(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 63 && text.first != "-" && text.last != "-"
            && text.utf8.allSatisfy { isUnreserved($0) && $0 != 0x2E && $0 != 0x5F && $0 != 0x7E }
    }
}

/// What is wrong with the address of an authority.
package enum AuthorityHostError: Error, Sendable, Equatable {
    case notHTTPS
    case notHost
}

extension AuthorityHostError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .notHTTPS: "is no https URL; on Azure it is https://login.microsoftonline.com"
        case .notHost: "is no https URL of a host alone, such as https://login.microsoftonline.com"
        }
    }
}
