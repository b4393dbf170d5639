import Glibc

/// A datagram socket of this machine that somebody listens on: the service manager's, the journal's.
struct LocalDatagram: Sendable {
    /// Where it is; a leading `@` stands for Linux's abstract name space.
    let path: String

    /// Sends one datagram; opens and closes a descriptor for it, so that the listener may come and
    /// go, and none is kept idle.
    ///
    /// - Returns: Whether it was taken.
    func send(_ bytes: [UInt8]) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = name.first, name.count < capacity else { return false }
        if first == UInt8(ascii: "@") { name[0] = 0 }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // A listener that doesn't read must not hold up the work for longer.
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let sent = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe sendto(
                    descriptor,
                    bytes,
                    bytes.count,
                    Int32(MSG_NOSIGNAL),
                    address,
                    length
                )
            }
        }
        return sent == bytes.count
    }
}
