import Sensitive

extension [(String, String)] {
    /// Names and values as a query or a form has them: `a=b&c=d%20e`.
    var percentEncoded: String {
        map { "\($0.0)=\($0.1.percentEncoded)" }.joined(separator: "&")
    }
}

extension String {
    /// With everything but RFC 3986's unreserved characters as `%XX`.
    var percentEncoded: String {
        utf8.reduce(into: "") { text, byte in
            if isUnreserved(byte) {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }
}

func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
    default: false
    }
}

extension SensitiveBytes {
    /// As ``Swift/String/percentEncoded``, in memory that is wiped as well.
    var percentEncoded: SensitiveBytes {
        let digits = Array("0123456789ABCDEF".utf8)
        return unsafe SensitiveBytes(capacity: count * 3) { memory in
            withBytes { span in
                var length = 0
                for index in span.indices {
                    let byte = span[index]
                    if isUnreserved(byte) {
                        unsafe memory[length] = byte
                        length += 1
                    } else {
                        unsafe memory[length] = UInt8(ascii: "%")
                        unsafe memory[length + 1] = digits[Int(byte >> 4)]
                        unsafe memory[length + 2] = digits[Int(byte & 15)]
                        length += 3
                    }
                }
                return length
            }
        }
    }
}
