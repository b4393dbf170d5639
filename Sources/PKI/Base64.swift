import Sensitive

/// Base64 (RFC 4648 §4), for private keys: nothing of it passes through memory that stays.
enum Base64 {
    /// The decoded bytes, nil where the text is not base64.
    ///
    /// White space is skipped wherever it stands; padding has to be there and to be right.
    static func decode(_ text: SensitiveBytes) -> SensitiveBytes? {
        text.withBytes { text in
            var symbols = 0
            var padding = 0
            for index in text.indices where !isSpace(text[index]) {
                symbols += 1
                if text[index] == UInt8(ascii: "=") {
                    padding += 1
                } else if padding > 0 || value(of: text[index]) == nil {
                    return nil
                }
            }
            guard symbols > 0, symbols.isMultiple(of: 4), padding <= 2 else { return nil }
            return SensitiveBytes(capacity: symbols / 4 * 3 - padding) { output in
                var bits: UInt32 = 0
                var filled = 0
                var count = 0
                for index in text.indices {
                    guard let value = value(of: text[index]) else { continue }
                    bits = bits << 6 | value
                    filled += 6
                    if filled >= 8 {
                        filled -= 8
                        output[count] = UInt8(truncatingIfNeeded: bits >> UInt32(filled))
                        count += 1
                    }
                }
                return count
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func value(of symbol: UInt8) -> UInt32? {
        switch symbol {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(symbol - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(symbol - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(symbol - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
