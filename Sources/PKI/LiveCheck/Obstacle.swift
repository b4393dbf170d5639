import Glibc

/// What stood in the way of one step; ``HandshakeError`` says which step that was.
struct Obstacle: Error {
    let cause: String
    let isTimeOut: Bool
    let isRefusal: Bool

    static let timeOver = Obstacle(cause: "no answer in time", isTimeOut: true)
    static let closed = Obstacle(cause: "the server closed the connection")

    init(cause: String, isTimeOut: Bool = false, isRefusal: Bool = false) {
        self.cause = cause
        self.isTimeOut = isTimeOut
        self.isRefusal = isRefusal
    }

    /// The system's reason.
    init(errno code: Int32) {
        self.init(cause: String(cString: strerror(code)))
    }

    /// An answer that is not the one hoped for, quoted so far as it can stand in a log.
    init(answer: some Sequence<UInt8>) {
        let text = answer.prefix(120).map { (0x20...0x7E).contains($0) ? $0 : 0x3F }
        self.init(cause: "it answered \"\(String(decoding: text, as: UTF8.self))\"")
    }
}
