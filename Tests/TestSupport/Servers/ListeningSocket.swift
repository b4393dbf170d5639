import Glibc

/// Why a test could not set up its servers.
package struct ServerError: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

/// A TCP socket that listens on a free port of 127.0.0.1; whoever takes `descriptor` closes it.
///
/// Connections are accepted by the kernel from here on, so nobody has to wait for a server to be
/// ready.
package struct ListeningSocket: Sendable {
    package let descriptor: Int32
    package let port: UInt16

    /// Takes a free port; one that doesn't listen refuses every connection.
    package init(isListening: Bool = true) throws(ServerError) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_INET, kind, 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let isReady = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, size) == 0
                    && (!isListening || listen(descriptor, 512) == 0)
                    && getsockname(descriptor, address, &size) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        guard isReady else {
            close(descriptor)
            throw ServerError("listen on 127.0.0.1: \(unsafe String(cString: strerror(errno)))")
        }
    }

    /// A port that refuses every connection.
    ///
    /// It stays taken until the process ends, or another test's server might get it.
    package static func closedPort() throws(ServerError) -> UInt16 {
        try ListeningSocket(isListening: false).port
    }
}
