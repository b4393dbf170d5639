import Foundation

/// The base64url of tokens and thumbprints: RFC 4648, section 5, without padding.
extension Data {
    /// Decodes base64url; nil for what is none.
    ///
    /// - Parameter text: With or without padding.
    package init?(base64URL text: some Sequence<UInt8>) {
        var standard = Data(
            text.map { byte in
                switch byte {
                case UInt8(ascii: "-"): UInt8(ascii: "+")
                case UInt8(ascii: "_"): UInt8(ascii: "/")
                default: byte
                }
            }
        )
        while standard.count % 4 != 0 { standard.append(UInt8(ascii: "=")) }
        self.init(base64Encoded: standard)
    }

    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
