import HTTP

/// Where a managed identity's tokens come from: the metadata service of the machine.
package struct IdentityEndpoint: Sendable, Hashable {
    /// Who answers, and so what is asked.
    package enum Kind: Sendable, Hashable {
        /// The Azure Instance Metadata Service.
        case imds
        /// The agent of Azure Arc, which has its callers prove that they are on the machine.
        case arc
        /// The platform of App Service, Functions or Container Apps, beside the app.
        case appService
    }

    package let kind: Kind
    /// As in `http://169.254.169.254/metadata/identity`: no trailing slash, no `/oauth2/token`; of
    /// ``Kind/appService`` all of it.
    package let baseURL: String

    /// Where tokens are asked for.
    var tokenURL: String { kind == .appService ? baseURL : "\(baseURL)/oauth2/token" }

    /// The Azure Instance Metadata Service of every virtual machine.
    package static let imds = IdentityEndpoint(
        kind: .imds,
        baseURL: "http://169.254.169.254/metadata/identity"
    )

    /// The agent of Azure Arc, on every machine that it runs on.
    package static let arc = IdentityEndpoint(
        kind: .arc,
        baseURL: "http://localhost:\(arcPort)/metadata/identity"
    )

    private static let arcPort: UInt16 = 40342

    private init(kind: Kind, baseURL: String) {
        self.kind = kind
        self.baseURL = baseURL
    }

    /// Reads an `msiEndpoint` setting.
    ///
    /// Microsoft's own samples write it with and without `/oauth2/token`; both are accepted, and
    /// a trailing slash. Tokens come over plain http, so the host must be this machine or its
    /// link-local metadata address: anything else could be read on the way. Azure Arc's is known by
    /// its port, unless `kind` says what it is, and can be on this machine only. An app's is known
    /// by its path, `/msi/token`, and can be on any link-local address, as in App Service.
    package init(setting: String, kind: Kind? = nil) throws(IdentityEndpointError) {
        guard let schemeEnd = setting.firstRange(of: "://") else { throw .notURL }
        guard setting[..<schemeEnd.lowerBound].lowercased() == "http" else { throw .notHTTP }
        let rest = setting[schemeEnd.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else { throw .hasQuery }
        let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<pathStart]
        guard !authority.contains("@") else { throw .hasCredentials }
        let (host, port) = try Self.split(authority)
        guard !host.isEmpty else { throw .notURL }
        let isMetadataService = host == "169.254.169.254"
        let path = rest[pathStart...]
        self.kind =
            kind
            ?? (Self.isOfApp(path)
                ? .appService : !isMetadataService && port == Self.arcPort ? .arc : .imds)
        guard Self.isLocal(host) || self.kind == .appService && Self.isLinkLocal(host) else {
            throw .foreignHost(host.oneLine(limit: 100))
        }
        guard self.kind != .arc || !isMetadataService else { throw .notLoopback }
        let base = self.kind == .appService ? try Self.clean(path) : try Self.path(path)
        baseURL = "http://\(host)\(port.map { ":\($0)" } ?? "")\(base)"
    }

    /// The server as messages name it.
    var name: String {
        let authority = baseURL.dropFirst("http://".count).prefix { $0 != "/" }
        return String(authority)
    }

    private static func split(
        _ authority: Substring
    ) throws(IdentityEndpointError) -> (host: String, port: UInt16?) {
        // An IPv6 address has colons of its own, inside brackets.
        let hostEnd = authority.lastIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[hostEnd...].firstIndex(of: ":") else {
            return (authority.lowercased(), nil)
        }
        let digits = authority[authority.index(after: colon)...]
        guard digits.utf8.allSatisfy(isDigit), let port = UInt16(digits), port > 0 else {
            throw .badPort
        }
        return (authority[..<colon].lowercased(), port == 80 ? nil : port)
    }

    private static func isLocal(_ host: String) -> Bool {
        switch host {
        case "169.254.169.254", "localhost", "[::1]": return true
        default: break
        }
        if host.hasSuffix(".localhost") {
            let labels = host.split(separator: ".", omittingEmptySubsequences: false)
            return labels.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isNameCharacter) }
        }
        return isAddress(host) && host.hasPrefix("127.")
    }

    /// RFC 3927: what no router passes on.
    private static func isLinkLocal(_ host: String) -> Bool {
        isAddress(host) && host.hasPrefix("169.254.")
    }

    /// Four plain decimal numbers; other spellings of an address are for mischief only.
    private static func isAddress(_ host: String) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy(isDigit) && UInt8(part) != nil
                    && (part.count == 1 || !part.hasPrefix("0"))
            }
    }

    private static func isOfApp(_ path: Substring) -> Bool {
        ["/msi/token", "/msi/token/"].contains(path.lowercased())
    }

    private static func path(_ text: Substring) throws(IdentityEndpointError) -> Substring {
        var path = text
        if path.hasSuffix("/") { path = path.dropLast() }
        if path.lowercased().hasSuffix("/oauth2/token") { path = path.dropLast(13) }
        guard !path.hasSuffix("/") else { throw .badPath }
        return try clean(path)
    }

    private static func clean(_ path: Substring) throws(IdentityEndpointError) -> Substring {
        let isClean = path.utf8.allSatisfy { byte in
            isNameCharacter(byte) || "/._~".utf8.contains(byte)
        }
        guard path.hasPrefix("/"), isClean, !path.contains("//") else { throw .badPath }
        return path
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || byte == UInt8(ascii: "-")
    }
}
