/// One request, as all the services of the emulator see it.
struct Exchange: Sendable {
    let method: String
    /// Lower-case host and port as the client wrote them, `kv.vault.localhost:8443`.
    let authority: String
    /// Starts with `/`, without the query.
    let path: String
    let query: [String: String]
    /// By lower-case name.
    let fields: [String: String]
    let body: [UInt8]
    /// `1.1` or `2`.
    let httpVersion: String

    /// The host without the port.
    var host: String {
        guard let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") else {
            return authority
        }
        return String(authority[..<colon])
    }

    /// The path's parts; empty ones, as the SDKs' trailing slashes make them, left out.
    var segments: [String] {
        path.split(separator: "/").map { String($0) }
    }

    /// The body as JSON, nil if it is none.
    var json: JSON? { JSON(parsing: body) }
}
