import COpenSSL

/// A subject as people write it, ready for a certificate.
struct DistinguishedName {
    /// From the most specific to the least, as written.
    let attributes: [(type: String, value: String)]

    /// A common name, whatever characters it has.
    init(commonName: String) {
        self.init(attributes: [("CN", commonName)])
    }

    private init(attributes: [(type: String, value: String)]) {
        self.attributes = attributes
    }

    /// Reads `CN=www.contoso.com, O=Contoso` (RFC 4514, `\` escapes one character), or a bare name
    /// as the common name.
    init(_ text: String) throws(IssuingError) {
        guard text.contains("=") else {
            guard !text.isEmpty else { throw IssuingError("read subject", "it is empty") }
            self.init(commonName: text)
            return
        }
        var attributes: [(type: String, value: String)] = []
        for part in Self.split(text, at: ",") {
            let pair = Self.split(part, at: "=", once: true)
            guard pair.count == 2 else {
                throw IssuingError("read subject", "a part of it has no \"=\"")
            }
            attributes.append(
                (type: Self.type(of: Self.trim(pair[0])), value: Self.unescape(Self.trim(pair[1])))
            )
        }
        self.init(attributes: attributes)
    }

    /// Writes the name into a certificate's subject or issuer.
    ///
    /// RFC 4514 §2.1 writes a name backwards, so the last attribute is encoded first.
    func write(to name: OpaquePointer) throws(IssuingError) {
        for (type, value) in attributes.reversed() {
            guard kv_X509_NAME_add(name, type, value) == 1 else {
                throw IssuingError("write subject", ErrorQueue.drain())
            }
        }
    }

    /// Windows, and so Key Vault's policies, say `S` and `E` where OpenSSL says `ST` and
    /// `emailAddress`.
    private static func type(of text: String) -> String {
        switch text.uppercased() {
        case "S": "ST"
        case "E": "emailAddress"
        case let upper where upper.count <= 2: upper
        default: text
        }
    }

    private static func split(_ text: String, at separator: Character, once: Bool = false)
        -> [String]
    {
        var parts = [""]
        var isEscaped = false
        for character in text {
            if character == separator, !isEscaped, !(once && parts.count == 2) {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            isEscaped = character == "\\" && !isEscaped
        }
        return parts
    }

    private static func unescape(_ text: String) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    private static func trim(_ text: String) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
