import Glibc
import SystemPackage

/// A log collector that speaks Fluentd's forward protocol: takes connections and decodes what comes.
///
/// It works only when it is asked, so a test decides when it reads.
package final class Collector {
    /// One message: `[tag, time, record]`.
    package struct Message: Equatable, Sendable {
        package let tag: String
        package let time: UInt64
        package let record: [String: String]
    }

    private let listener: Int32
    private var connections: [Int32] = []
    private var pending: [UInt8] = []

    /// On a free port of 127.0.0.1 that is in the endpoint, or on a socket in the file system.
    package let endpoint: String

    /// Listens on loopback.
    package init() throws {
        let socket = try ListeningSocket()
        listener = socket.descriptor
        endpoint = "tcp://127.0.0.1:\(socket.port)"
    }

    /// Listens in the file system.
    package init(at path: FilePath) throws {
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        endpoint = "unix://\(path)"
        guard bindLocally(listener, path) == 0, listen(listener, 16) == 0 else {
            throw Errno(rawValue: errno)
        }
    }

    deinit {
        disconnect()
        close(listener)
    }

    /// Closes every connection; what has come and wasn't read is lost with them.
    package func disconnect() {
        connections.forEach { close($0) }
        connections = []
        pending = []
    }

    /// What has come since the last question.
    package func messages() -> [Message] {
        var poll = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        while unsafe Glibc.poll(&poll, 1, 0) > 0 {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { break }
            connections.append(connection)
        }
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        for connection in connections {
            while true {
                let count = unsafe recv(connection, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard count > 0 else { break }
                pending += buffer[..<count]
            }
        }
        var messages: [Message] = []
        var reader = PackReader(pending[...])
        while let message = reader.message() {
            messages.append(message)
            pending = Array(reader.rest)
        }
        return messages
    }
}

/// Reads MessagePack, as far as a log record needs it; nil where bytes are missing or strange.
private struct PackReader {
    var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    mutating func message() -> Collector.Message? {
        guard count(fix: 0x90, one: nil, two: 0xDC, four: 0xDD) == 3, let tag = text(),
            let time = number(), let size = count(fix: 0x80, one: nil, two: 0xDE, four: 0xDF)
        else { return nil }
        var record: [String: String] = [:]
        for _ in 0..<size {
            guard let key = text(), let value = text() else { return nil }
            record[key] = value
        }
        return Collector.Message(tag: tag, time: time, record: record)
    }

    private mutating func text() -> String? {
        guard let count = count(fix: 0xA0, one: 0xD9, two: 0xDA, four: 0xDB),
            rest.count >= count
        else { return nil }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }

    private mutating func number() -> UInt64? {
        switch rest.popFirst() {
        case .some(let byte) where byte < 0x80: return UInt64(byte)
        case 0xCC: return integer(1)
        case 0xCD: return integer(2)
        case 0xCE: return integer(4)
        case 0xCF: return integer(8)
        default: return nil
        }
    }

    private mutating func count(fix: UInt8, one: UInt8?, two: UInt8, four: UInt8) -> Int? {
        guard let byte = rest.popFirst() else { return nil }
        if byte & (fix == 0xA0 ? 0xE0 : 0xF0) == fix { return Int(byte ^ fix) }
        if byte == one { return integer(1).map { Int($0) } }
        if byte == two { return integer(2).map { Int($0) } }
        return byte == four ? integer(4).map { Int($0) } : nil
    }

    private mutating func integer(_ width: Int) -> UInt64? {
        guard rest.count >= width else { return nil }
        defer { rest = rest.dropFirst(width) }
        return rest.prefix(width).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
