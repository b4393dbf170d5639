import CCurl

/// The server that a URL names, as libcurl reads the URL: what is checked is what is connected to.
struct Origin: Hashable {
    let scheme: String
    let host: String
    let port: String

    /// As in `https://kv.vault.azure.net:443`.
    var description: String { "\(scheme)://\(host):\(port)" }

    /// What messages call it: the port only where it is unusual.
    var name: String {
        switch (scheme, port) {
        case ("https", "443"), ("http", "80"): host
        default: "\(host):\(port)"
        }
    }

    init(of url: String) throws(HTTPError) {
        guard let handle = curl_url() else {
            throw HTTPError(kind: .other, origin: "", detail: "read URL: out of memory")
        }
        defer { curl_url_cleanup(handle) }
        let code = curl_url_set(handle, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER))
        guard code == CURLUE_OK else {
            throw Self.bad(String(cString: curl_url_strerror(code)).lowercased())
        }
        guard let scheme = Self.part(CURLUPART_SCHEME, of: handle),
            let host = Self.part(CURLUPART_HOST, of: handle),
            let port = Self.part(CURLUPART_PORT, of: handle, flags: UInt32(CURLU_DEFAULT_PORT))
        else { throw Self.bad("it names no server") }
        guard scheme == "https" || scheme == "http" else {
            throw Self.bad("only https and http are spoken")
        }
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func part(
        _ part: CURLUPart,
        of handle: OpaquePointer,
        flags: UInt32 = 0
    ) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, flags) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }

    /// The URL itself is left out: what is not understood may hold a password.
    private static func bad(_ cause: String) -> HTTPError {
        HTTPError(kind: .badURL, origin: "", detail: "read URL: \(cause)")
    }
}
