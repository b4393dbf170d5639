/// The head of an answer, put together line by line.
struct ReceivedHead {
    let limit: Int
    private(set) var fields: [HTTPResponse.Field] = []
    /// What the body is packed in, once a field says so (RFC 9110, section 8.4); nil for nothing.
    private(set) var encoding: String?
    private var size = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes one line as libcurl hands it over, with its line end; false when the limit is passed.
    ///
    /// A status line begins a new head: what stood before it was a `100 Continue` or the like. Its
    /// bytes still count, so a server can't go on with interim answers for ever.
    mutating func take(line bytes: UnsafeRawBufferPointer) -> Bool {
        size += bytes.count
        guard size <= limit else { return false }
        let line = bytes.prefix { $0 != 0x0D && $0 != 0x0A }
        if line.starts(with: "HTTP/".utf8) {
            fields = []
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let field = HTTPResponse.Field(
                name: String(decoding: line[..<colon], as: UTF8.self),
                value: Self.trimmed(line[line.index(after: colon)...])
            )
            fields.append(field)
            if field.name.lowercased() == "content-encoding", !field.value.isEmpty,
                field.value.lowercased() != "identity"
            {
                encoding = field.value.oneLine(limit: 40)
            }
        }
        return true
    }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }),
            let last = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
