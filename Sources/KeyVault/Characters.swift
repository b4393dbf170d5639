/// `[0-9a-zA-Z-]`, of which the names of vaults, secrets and certificates are made.
func isNameCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
        true
    default:
        false
    }
}

/// A version in its one spelling, 32 lower-case hexadecimal digits; nil for anything else.
func canonicalVersion(_ text: some StringProtocol) -> String? {
    guard text.utf8.count == 32, text.utf8.allSatisfy(isHexDigit) else { return nil }
    return text.lowercased()
}

func isHexDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
        UInt8(ascii: "a")...UInt8(ascii: "f"):
        true
    default:
        false
    }
}
