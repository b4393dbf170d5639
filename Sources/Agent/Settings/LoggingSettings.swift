/// Where the daemon's log goes.
package struct LoggingSettings: Sendable, Hashable {
    package enum Destination: Sendable, Hashable {
        /// The journal when standard error leads there, else lines on standard error.
        case automatic
        case journal
        case standardError
        /// A Fluentd or Fluent Bit, beside where it goes by itself.
        case fluentd(FluentdEndpoint, tag: String)
    }

    package var destination: Destination

    /// Whether lines on standard error are JSON.
    package var isJSON: Bool

    package init(destination: Destination = .automatic, isJSON: Bool = false) {
        self.destination = destination
        self.isJSON = isJSON
    }
}

/// Where a collector listens for the forward protocol.
package enum FluentdEndpoint: Sendable, Hashable {
    case tcp(host: String, port: UInt16)
    case unix(path: String)
}

extension FluentdEndpoint: CustomStringConvertible {
    /// The extension's default.
    package static let standard = FluentdEndpoint.tcp(host: "localhost", port: 24224)

    /// Reads `tcp://localhost:24224` or `unix:///var/run/collector.sock`; nil for anything else.
    package init?(_ text: String) {
        if text.hasPrefix("unix://") {
            let path = text.dropFirst("unix://".count)
            // What sockaddr_un holds, with its NUL: unix(7).
            guard path.hasPrefix("/"), path.utf8.count > 1, path.utf8.count < 108 else {
                return nil
            }
            self = .unix(path: String(path))
        } else if text.hasPrefix("tcp://") {
            let rest = text.dropFirst("tcp://".count)
            guard let colon = rest.lastIndex(of: ":"),
                let port = UInt16(rest[rest.index(after: colon)...]), port > 0
            else { return nil }
            var host = rest[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            guard !host.isEmpty,
                host.allSatisfy({
                    $0.isASCII && ($0.isLetter || $0.isNumber || ".-:_".contains($0))
                })
            else { return nil }
            self = .tcp(host: String(host), port: port)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .tcp(let host, let port): "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        case .unix(let path): "unix://\(path)"
        }
    }
}
