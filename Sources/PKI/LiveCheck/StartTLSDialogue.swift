/// What is said in the clear until the server is ready for TLS.
///
/// Everything is bounded: a line, the lines of an answer, and by the socket the time. Answers are
/// read byte by byte as far as they go, so what comes after them is left to TLS, which refuses it
/// where somebody has slipped it in.
enum StartTLSDialogue {
    /// RFC 5321 (section 4.5.3.1.5) has 512 bytes for a line of a reply.
    private static let longestLine = 2048
    private static let mostLines = 100

    /// Says what the protocol wants said; afterwards the server awaits a handshake.
    static func hold(
        _ startTLS: StartTLS,
        over socket: borrowing TimedSocket
    ) throws(Obstacle) {
        switch startTLS {
        case .smtp: try beginSMTP(socket)
        case .imap: try beginIMAP(socket)
        case .postgres: try beginPostgres(socket)
        case .ldap: try beginLDAP(socket)
        }
    }

    /// RFC 3207: greeting, EHLO, STARTTLS.
    private static func beginSMTP(_ socket: borrowing TimedSocket) throws(Obstacle) {
        try expectReply("220", socket)
        try send("EHLO localhost", socket)
        try expectReply("250", socket)
        try send("STARTTLS", socket)
        try expectReply("220", socket)
    }

    /// A reply of SMTP: `250-more` as often as it likes, then `250 last`.
    private static func expectReply(
        _ code: String,
        _ socket: borrowing TimedSocket
    ) throws(Obstacle) {
        for _ in 0..<mostLines {
            let line = try line(socket)
            guard line.starts(with: code.utf8) else { throw Obstacle(answer: line) }
            if line.dropFirst(3).first != UInt8(ascii: "-") { return }
        }
        throw Obstacle(cause: "its answer does not end")
    }

    /// RFC 9051, section 6.2.1.
    private static func beginIMAP(_ socket: borrowing TimedSocket) throws(Obstacle) {
        let greeting = try line(socket)
        guard greeting.starts(with: "* OK".utf8) else { throw Obstacle(answer: greeting) }
        try send("a STARTTLS", socket)
        for _ in 0..<mostLines {
            let line = try line(socket)
            // Untagged lines may come at any time (section 7).
            if line.starts(with: "* ".utf8) { continue }
            guard line.starts(with: "a OK".utf8) else { throw Obstacle(answer: line) }
            return
        }
        throw Obstacle(cause: "its answer does not end")
    }

    /// SSLRequest of "Message Formats" in PostgreSQL's manual: one byte answers it.
    private static func beginPostgres(_ socket: borrowing TimedSocket) throws(Obstacle) {
        let request: [UInt8] = [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]
        try socket.write(request)
        let answer = try socket.read(atMost: 1)
        if answer == [UInt8(ascii: "N")] { throw Obstacle(cause: "it has TLS turned off") }
        guard answer == [UInt8(ascii: "S")] else { throw Obstacle(answer: answer) }
    }

    /// RFC 4511, section 4.14: an ExtendedRequest, and an ExtendedResponse with resultCode success.
    private static func beginLDAP(_ socket: borrowing TimedSocket) throws(Obstacle) {
        let name = Array("1.3.6.1.4.1.1466.20037".utf8)
        let operation = [0x80, UInt8(name.count)] + name
        let message = [0x02, 0x01, 0x01, 0x77, UInt8(operation.count)] + operation
        try socket.write([0x30, UInt8(message.count)] + message)

        guard try byte(socket) == 0x30 else { throw Obstacle(cause: "it does not answer in LDAP") }
        var answer: [UInt8] = []
        for _ in 0..<(try length(socket)) { answer.append(try byte(socket)) }
        // messageID 1, then [APPLICATION 24] with its length, then the ENUMERATED.
        guard answer.starts(with: [0x02, 0x01, 0x01, 0x78]), let first = answer.dropFirst(4).first
        else { throw Obstacle(cause: "it does not answer in LDAP") }
        let contents = answer.dropFirst(5 + (first < 0x80 ? 0 : Int(first & 0x7F)))
        guard contents.count >= 3, contents.starts(with: [0x0A, 0x01]) else {
            throw Obstacle(cause: "it does not answer in LDAP")
        }
        let code = contents[contents.startIndex + 2]
        guard code == 0 else { throw Obstacle(cause: "it refused with LDAP result \(code)") }
    }

    /// A length in BER, at most 4 KiB.
    private static func length(_ socket: borrowing TimedSocket) throws(Obstacle) -> Int {
        let first = try byte(socket)
        guard first >= 0x80 else { return Int(first) }
        guard (1...4).contains(first & 0x7F) else {
            throw Obstacle(cause: "it does not answer in LDAP")
        }
        var length = 0
        for _ in 0..<(first & 0x7F) { length = length << 8 | Int(try byte(socket)) }
        guard length <= 4096 else { throw Obstacle(cause: "its answer is too long") }
        return length
    }

    private static func send(
        _ line: String,
        _ socket: borrowing TimedSocket
    ) throws(Obstacle) {
        try socket.write(Array("\(line)\r\n".utf8))
    }

    /// A line without its end.
    private static func line(_ socket: borrowing TimedSocket) throws(Obstacle) -> [UInt8] {
        var line: [UInt8] = []
        while line.count < longestLine {
            let next = try byte(socket)
            if next == UInt8(ascii: "\n") {
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                return line
            }
            line.append(next)
        }
        throw Obstacle(cause: "a line of its answer does not end")
    }

    private static func byte(_ socket: borrowing TimedSocket) throws(Obstacle) -> UInt8 {
        // `read` gives at least one.
        try socket.read(atMost: 1).first ?? 0
    }
}
