/// The end of what a hook wrote, in bounded memory however much it writes.
struct OutputTail {
    /// What is kept, in bytes.
    static let limit = 8192

    private var bytes: [UInt8] = []

    /// Takes the next piece, of any size.
    mutating func append(_ piece: UnsafeRawBufferPointer) {
        unsafe bytes.append(contentsOf: piece.suffix(Self.limit))
        if bytes.count > Self.limit { bytes.removeFirst(bytes.count - Self.limit) }
    }

    /// The text, at most as long as the limit: valid UTF-8 without control characters and keys.
    var text: String {
        var bytes = bytes[...]
        // A cut can fall into a character; its rest would show as U+FFFD.
        if bytes.count == Self.limit {
            for _ in 0..<3 where bytes.first.map({ $0 & 0xC0 == 0x80 }) == true {
                bytes.removeFirst()
            }
        }
        let printable = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter { scalar in
            scalar == "\n" || scalar == "\t" || scalar.properties.generalCategory != .control
        }
        var text = Self.withoutKeys(String(String.UnicodeScalarView(printable)))
        // One bad byte becomes the three of U+FFFD, so the text may have grown.
        while text.utf8.count > Self.limit {
            text.removeFirst(max(1, (text.utf8.count - Self.limit) / 4))
        }
        return text
    }

    /// Leaves out what lies between the lines that begin and end a private key.
    ///
    /// A script under `set -x`, or one that prints what it installs, would otherwise bring the key
    /// into history and journal. A key whose beginning was cut off counts as well. Bytes are
    /// compared: to Swift a hyphen with an accent on it is another character than a hyphen.
    static func withoutKeys(_ text: String) -> String {
        guard text.utf8.contains("PRIVATE KEY-----".utf8) else { return text }
        let notice = "<private key left out>"
        var kept: [Substring] = []
        var isInKey = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let isMark = line.utf8.contains("PRIVATE KEY-----".utf8)
            if isMark && line.utf8.contains("-----END ".utf8) {
                if !isInKey && !line.utf8.contains("-----BEGIN ".utf8) { kept = [] }
                if !isInKey { kept.append(notice[...]) }
                isInKey = false
            } else if isMark && line.utf8.contains("-----BEGIN ".utf8) {
                kept.append(notice[...])
                isInKey = true
            } else if !isInKey {
                kept.append(line)
            }
        }
        return kept.joined(separator: "\n")
    }
}
