import Glibc

/// An address as connect(2) takes it.
struct SocketAddress: Sendable {
    let family: Int32
    private let bytes: [UInt8]

    private init(_ info: addrinfo) {
        family = info.ai_family
        bytes = Array(UnsafeRawBufferPointer(start: info.ai_addr, count: Int(info.ai_addrlen)))
    }

    /// What the system's resolver has for an endpoint.
    ///
    /// A name may keep the calling thread for as long as the resolver likes.
    static func lookUp(
        _ endpoint: TLSEndpoint,
        flags: Int32 = 0
    ) -> Result<[SocketAddress], Obstacle> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(endpoint.host, "\(endpoint.port)", &hints, &list)
        guard code == 0 else {
            return .failure(
                code == EAI_SYSTEM
                    ? Obstacle(errno: errno) : Obstacle(cause: String(cString: gai_strerror(code)))
            )
        }
        defer { freeaddrinfo(list) }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            addresses.append(SocketAddress(info))
            next = info.ai_next
        }
        return .success(addresses)
    }

    /// Whether the text is an address, so that nobody need be asked for it.
    static func isAddress(_ host: String) -> Bool {
        if case .success = lookUp(TLSEndpoint(host: host, port: 1), flags: AI_NUMERICHOST) {
            true
        } else {
            false
        }
    }

    /// Begins to connect; 0 or the system's error, EINPROGRESS for a socket that doesn't wait.
    func connect(_ descriptor: Int32) -> Int32 {
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.bindMemory(to: sockaddr.self).baseAddress else { return EINVAL }
            return Glibc.connect(descriptor, start, socklen_t(bytes.count)) == 0 ? 0 : errno
        }
    }
}
