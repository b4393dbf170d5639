import Glibc

/// A TCP connection every wait of which ends at one moment.
struct TimedSocket: ~Copyable {
    let descriptor: Int32
    private let deadline: ContinuousClock.Instant

    /// Connects to the first address that takes the connection.
    init(
        to addresses: [SocketAddress],
        until deadline: ContinuousClock.Instant
    ) throws(Obstacle) {
        var obstacle = Obstacle(cause: "it has no address")
        for (index, address) in addresses.enumerated() {
            // An address that swallows everything must leave some time for the others.
            let share = deadline.secondsLeft / Double(addresses.count - index)
            let end = min(deadline, .now + .seconds(share))
            do throws(Obstacle) {
                descriptor = try Self.connect(to: address, until: end)
                self.deadline = deadline
                return
            } catch {
                obstacle = error
            }
        }
        throw obstacle
    }

    deinit {
        close(descriptor)
    }

    private static func connect(
        to address: SocketAddress,
        until deadline: ContinuousClock.Instant
    ) throws(Obstacle) -> Int32 {
        let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(address.family, Int32(kind), 0)
        guard descriptor >= 0 else { throw Obstacle(errno: errno) }
        do throws(Obstacle) {
            let code = address.connect(descriptor)
            guard code == 0 || code == EINPROGRESS else { throw Obstacle(errno: code) }
            try wait(descriptor, for: POLLOUT, until: deadline)
            var failure: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size)
            guard failure == 0 else { throw Obstacle(errno: failure) }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Waits until the connection can be read from or written to.
    func wait(for event: Int32) throws(Obstacle) {
        try Self.wait(descriptor, for: event, until: deadline)
    }

    private static func wait(
        _ descriptor: Int32,
        for event: Int32,
        until deadline: ContinuousClock.Instant
    ) throws(Obstacle) {
        while true {
            let left = deadline.secondsLeft
            guard left > 0 else { throw .timeOver }
            var place = pollfd(fd: descriptor, events: Int16(event), revents: 0)
            let count = poll(&place, 1, Int32(min(left * 1000 + 1, 60_000)))
            if count > 0 { return }
            guard count == 0 || errno == EINTR else { throw Obstacle(errno: errno) }
        }
    }

    /// Writes all of it.
    func write(_ bytes: [UInt8]) throws(Obstacle) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                rest.removeFirst(count)
            } else if errno == EAGAIN {
                try wait(for: POLLOUT)
            } else if errno != EINTR {
                throw Obstacle(errno: errno)
            }
        }
    }

    /// Reads what is there, at least a byte and at most so many.
    func read(atMost limit: Int) throws(Obstacle) -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, initialized in
                let count = recv(descriptor, buffer.baseAddress, limit, 0)
                failure = count < 0 ? errno : 0
                initialized = max(0, count)
            }
            if !bytes.isEmpty { return bytes }
            switch failure {
            case 0: throw .closed
            case EAGAIN: try wait(for: POLLIN)
            case EINTR: continue
            default: throw Obstacle(errno: failure)
            }
        }
    }
}
