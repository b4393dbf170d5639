import Foundation
import Glibc
import Synchronization

/// A plain HTTP/1.1 server on 127.0.0.1 of which a test decides every byte.
///
/// Each connection runs its script on a thread of its own, so a script may block. Releasing the
/// server closes the port and every connection.
package final class ScriptedServer: Sendable {
    /// What the server's threads share; they outlive the server by the moment that it takes to end.
    final class Desk: Sendable {
        struct State {
            var isStopped = false
            var descriptors: Set<Int32> = []
            var requests: [ReceivedRequest] = []
        }

        let state = Mutex(State())

        func note(_ request: ReceivedRequest) -> Int {
            state.withLock { state in
                state.requests.append(request)
                return state.requests.count - 1
            }
        }
    }

    package let port: UInt16
    private let listener: Int32
    private let desk = Desk()

    /// Runs `script` for every connection; when it returns, the connection is closed.
    package init(script: @escaping @Sendable (ScriptedConnection) -> Void) throws {
        let socket = try ListeningSocket()
        port = socket.port
        listener = socket.descriptor
        Thread.detachNewThread { [desk, listener] in
            while true {
                let descriptor = accept(listener, nil, nil)
                // Not for the children of other tests.
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                let isWanted = desk.state.withLock { state in
                    guard descriptor >= 0, !state.isStopped else { return false }
                    state.descriptors.insert(descriptor)
                    return true
                }
                guard isWanted else {
                    if descriptor >= 0 { close(descriptor) }
                    break
                }
                Thread.detachNewThread {
                    script(ScriptedConnection(descriptor: descriptor, desk: desk))
                    // Out of the set before the number is free for the next connection.
                    _ = desk.state.withLock { $0.descriptors.remove(descriptor) }
                    close(descriptor)
                }
            }
            close(listener)
        }
    }

    /// Answers the requests of all connections in turn; the last answer stands for all further ones.
    package convenience init(answers: [ScriptedAnswer]) throws {
        try self.init { connection in
            while let (_, number) = connection.nextRequest() {
                guard let answer = number < answers.count ? answers[number] : answers.last,
                    connection.send(answer.bytes)
                else { return }
            }
        }
    }

    deinit {
        desk.state.withLock { state in
            state.isStopped = true
            for descriptor in state.descriptors { shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
        shutdown(listener, Int32(SHUT_RDWR))
    }

    /// Everything that was asked so far, in the order of arrival.
    package var requests: [ReceivedRequest] { desk.state.withLock { $0.requests } }
}

/// A request as it came over the wire.
package struct ReceivedRequest: Sendable {
    /// As in `GET /path HTTP/1.1`.
    package let line: String
    /// Lower-case names.
    package let fields: [String: String]
    package let body: String

    /// What is asked for: path and query.
    package var target: String {
        line.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    }
}

/// An answer whose length is stated truthfully.
package struct ScriptedAnswer: Sendable {
    package let bytes: [UInt8]

    package init(_ status: Int, _ body: String = "", fields: [String: String] = [:]) {
        self.init(status, Array(body.utf8), fields: fields)
    }

    package init(_ status: Int, _ body: [UInt8], fields: [String: String] = [:]) {
        let lines = fields.map { "\($0.key): \($0.value)\r\n" }.joined()
        let head = "HTTP/1.1 \(status) Scripted\r\nContent-Length: \(body.count)\r\n\(lines)\r\n"
        bytes = Array(head.utf8) + body
    }
}

/// One connection in the hands of a script.
package struct ScriptedConnection: Sendable {
    let descriptor: Int32
    let desk: ScriptedServer.Desk

    /// The next request and its number among all that the server got; nil at the end.
    package func nextRequest() -> (ReceivedRequest, number: Int)? {
        var received: [UInt8] = []
        while !received.ends(with: Array("\r\n\r\n".utf8)) {
            // Byte by byte: nothing of the body or of the next request is taken too early.
            guard let byte = receive(1), byte.count == 1 else { return nil }
            received += byte
        }
        let lines = String(decoding: received, as: UTF8.self).split(separator: "\r\n")
        var fields: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            fields[parts[0].lowercased()] = parts.dropFirst().first?.drop { $0 == " " }.description
        }
        var body: [UInt8] = []
        let length = fields["content-length"].flatMap { Int($0) } ?? 0
        while body.count < length {
            guard let part = receive(length - body.count), !part.isEmpty else { return nil }
            body += part
        }
        let request = ReceivedRequest(
            line: lines.first.map(String.init) ?? "",
            fields: fields,
            body: String(decoding: body, as: UTF8.self)
        )
        return (request, desk.note(request))
    }

    /// False once the other side has gone.
    @discardableResult
    package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    @discardableResult
    package func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    descriptor,
                    bytes.baseAddress,
                    bytes.count,
                    Int32(MSG_NOSIGNAL)
                )
            }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    /// The next line without its end; nil at the end.
    package func nextLine() -> String? {
        var line: [UInt8] = []
        while line.last != UInt8(ascii: "\n") {
            guard let byte = receive(1), byte.count == 1 else { return nil }
            line += byte
        }
        return String(decoding: line, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    /// The next bytes, exactly so many; nil at the end.
    package func next(_ count: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let part = receive(count - bytes.count), !part.isEmpty else { return nil }
            bytes += part
        }
        return bytes
    }

    /// Becomes a pipe to a port of 127.0.0.1, until either side closes.
    package func relay(to port: UInt16) {
        let other = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(other) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe connect(other, address, size) == 0
            }
        }
        guard isConnected else { return }
        let peer = ScriptedConnection(descriptor: other, desk: desk)
        while true {
            var places = [descriptor, other].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard unsafe poll(&places, 2, -1) > 0 else { return }
            for (place, (from, to)) in zip(places, [(self, peer), (peer, self)])
            where place.revents != 0 {
                guard let part = from.receive(4096), !part.isEmpty, to.send(part) else { return }
            }
        }
    }

    /// Whether the other side is still there after a while in which it says nothing.
    package func stays(for milliseconds: Int32) -> Bool {
        var place = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&place, 1, milliseconds) == 0
    }

    /// Waits until the other side closes, or the server is released.
    package func waitForEnd() {
        while let part = receive(4096), !part.isEmpty {}
    }

    private func receive(_ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        let received = unsafe bytes.withUnsafeMutableBytes { memory in
            unsafe recv(descriptor, memory.baseAddress, count, 0)
        }
        return received < 0 ? nil : Array(bytes.prefix(received))
    }
}

extension Array where Element: Equatable {
    fileprivate func ends(with tail: [Element]) -> Bool { suffix(tail.count).elementsEqual(tail) }
}
