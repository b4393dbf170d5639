/// Where a server listens: a host and a port.
package struct TLSEndpoint: Sendable, Hashable {
    /// A name or an address; an IPv6 address without its brackets.
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// `127.0.0.1:443`, `www.contoso.com:443` or `[::1]:443`; nil for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = UInt16(text[text.index(after: colon)...]), port > 0,
            text[text.index(after: colon)...].allSatisfy(\.isNumber)
        else { return nil }
        let host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            let inner = String(host.dropFirst().dropLast())
            guard SocketAddress.isAddress(inner), inner.contains(":") else { return nil }
            self.init(host: inner, port: port)
        } else {
            guard !host.isEmpty, host.utf8.count <= 253,
                host.utf8.allSatisfy({ Self.isNameCharacter($0) })
            else { return nil }
            self.init(host: String(host), port: port)
        }
    }

    /// Whether the host is an address, which has no place in SNI (RFC 6066, section 3).
    package static func isAddress(_ host: String) -> Bool {
        SocketAddress.isAddress(host)
    }

    /// Whether `text` can be a host's name: letters, digits, hyphen, underscore and dot.
    package static func isHostName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253 && !text.hasPrefix(".")
            && text.utf8.allSatisfy { isNameCharacter($0) }
    }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension TLSEndpoint: CustomStringConvertible {
    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
