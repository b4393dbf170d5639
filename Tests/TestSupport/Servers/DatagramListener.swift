import Glibc
import SystemPackage

/// A datagram socket in the file system, as a service manager or a journal listens on.
package final class DatagramListener {
    private let descriptor: Int32

    /// - Throws: the system's reason.
    package init(at path: FilePath) throws {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = socket(AF_UNIX, kind, 0)
        guard bindLocally(descriptor, path) == 0 else { throw Errno(rawValue: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// The datagrams that have come since the last question, in order.
    package func datagrams() -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = unsafe recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count >= 0 else { return datagrams }
            datagrams.append(Array(buffer[..<count]))
        }
    }

    /// The same as text.
    package func texts() -> [String] {
        datagrams().map { String(decoding: $0, as: UTF8.self) }
    }
}

/// bind(2) of a socket to a path.
func bindLocally(_ descriptor: Int32, _ path: FilePath) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.string.utf8)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    return unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            unsafe bind(descriptor, address, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
