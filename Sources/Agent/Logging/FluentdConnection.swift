import Dispatch
import Glibc

/// A connection to a collector, made when there is something to send.
///
/// Its calls block, each for a few seconds at most, on a thread of its own.
actor FluentdConnection {
    /// Why nothing could be sent, in a phrase.
    struct Failure: Error, CustomStringConvertible {
        let description: String

        init(_ call: String, _ code: Int32) {
            description = "\(call): \(unsafe String(cString: strerror(code)))"
        }

        init(_ description: String) {
            self.description = description
        }
    }

    /// How long connecting and sending may take.
    private static let patience = timeval(tv_sec: 3, tv_usec: 0)

    private let endpoint: FluentdEndpoint
    private let executor = SerialQueueExecutor(label: "kvagent-fluentd")
    private var descriptor: Int32?

    nonisolated var unownedExecutor: UnownedSerialExecutor {
        unsafe executor.asUnownedSerialExecutor()
    }

    init(_ endpoint: FluentdEndpoint) {
        self.endpoint = endpoint
    }

    isolated deinit {
        disconnect()
    }

    /// Sends one message whole; connects before it where that is needed.
    ///
    /// - Throws: ``Failure``; the message is to be sent again then.
    func send(_ bytes: [UInt8]) throws(Failure) {
        if let descriptor, Self.isClosed(descriptor) { disconnect() }
        let descriptor = try openDescriptor()
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
                return unsafe Glibc.send(
                    descriptor,
                    rest.baseAddress,
                    rest.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                disconnect()
                throw Failure("send", code)
            }
            sent += count
        }
    }

    private func disconnect() {
        if let descriptor { close(descriptor) }
        descriptor = nil
    }

    /// A collector never sends us anything, so what can be read is the end: without this look the
    /// first message after it would vanish, for TCP takes it and only then learns the truth.
    private static func isClosed(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK | MSG_DONTWAIT)
        let count = unsafe recv(descriptor, &byte, 1, flags)
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    /// The connection that there is, or a new one.
    private func openDescriptor() throws(Failure) -> Int32 {
        if let descriptor { return descriptor }
        let fresh =
            switch endpoint {
            case .unix(let path): try connect(toPath: path)
            case .tcp(let host, let port): try connect(to: host, port)
            }
        descriptor = fresh
        return fresh
    }

    private func connect(toPath path: String) throws(Failure) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw Failure("connect: path too long")
        }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let descriptor = try Self.open(AF_UNIX)
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe Self.connect(
                    descriptor,
                    address,
                    socklen_t(MemoryLayout<sockaddr_un>.size)
                )
            }
        }
        guard code == 0 else {
            close(descriptor)
            throw Failure("connect", code)
        }
        return descriptor
    }

    /// Tries the host's addresses in turn.
    private func connect(to host: String, _ port: UInt16) throws(Failure) -> Int32 {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var addresses: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, "\(port)", &hints, &addresses)
        guard code == 0 else {
            throw Failure("look up \(host): \(unsafe String(cString: gai_strerror(code)))")
        }
        defer { unsafe freeaddrinfo(addresses) }
        var failure = Failure("look up \(host): no address")
        var next = unsafe addresses
        while let candidate = unsafe next?.pointee {
            unsafe next = candidate.ai_next
            guard let address = unsafe candidate.ai_addr else { continue }
            let descriptor = try Self.open(unsafe candidate.ai_family)
            let code = unsafe Self.connect(descriptor, address, candidate.ai_addrlen)
            if code == 0 { return descriptor }
            close(descriptor)
            failure = Failure("connect", code)
        }
        throw failure
    }

    /// A socket whose connect(2) and send(2) end after a while: socket(7), SO_SNDTIMEO.
    private static func open(_ family: Int32) throws(Failure) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, 0)
        guard descriptor >= 0 else { throw Failure("socket", errno) }
        var patience = Self.patience
        unsafe setsockopt(
            descriptor,
            SOL_SOCKET,
            SO_SNDTIMEO,
            &patience,
            socklen_t(MemoryLayout<timeval>.size)
        )
        return descriptor
    }

    /// connect(2) as an error code.
    private static func connect(
        _ descriptor: Int32,
        _ address: UnsafePointer<sockaddr>,
        _ length: socklen_t
    ) -> Int32 {
        guard unsafe Glibc.connect(descriptor, address, length) != 0 else { return 0 }
        // The limit shows as EINPROGRESS.
        return errno == EINPROGRESS ? ETIMEDOUT : errno
    }
}

/// Runs an actor's blocking calls on a thread that isn't of Swift's own pool.
final class SerialQueueExecutor: SerialExecutor {
    private let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }
}
