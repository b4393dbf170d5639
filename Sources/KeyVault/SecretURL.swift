/// The address of a secret: `https://VAULT.vault.azure.net/secrets/NAME[/VERSION]`.
///
/// Read strictly, by hand: what decides where a token goes must not be open to two readings.
package struct SecretURL: Sendable, Hashable {
    /// Lower case.
    package let host: String
    /// Nil for 443.
    package let port: Int?
    /// As written; the vault compares it in any case of letters.
    package let name: String
    /// 32 lower-case hexadecimal digits; nil follows the newest.
    package let version: String?

    /// The name of the vault: the first label of its host.
    package var vault: String {
        String(Substring(host.utf8.prefix { $0 != UInt8(ascii: ".") }))
    }

    /// Reads an address, and refuses every host that is not a vault of the cloud.
    package init(_ text: String, in cloud: Cloud) throws(SecretURLError) {
        try Self.checkCharacters(text)
        // All of it is ASCII, so bytes are characters.
        guard let schemeEnd = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text.utf8[schemeEnd...].starts(with: "://".utf8)
        else { throw .notAURL }
        guard text[..<schemeEnd].lowercased() == "https" else { throw .notHTTPS }
        let rest = text[text.utf8.index(schemeEnd, offsetBy: 3)...]
        let pathStart = rest.utf8.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        let (host, port) = try Self.authority(rest[..<pathStart])
        guard cloud.holds(host: host) else {
            throw .foreignHost(host: host, suffix: cloud.vaultSuffix)
        }
        self.host = host
        self.port = port
        (name, version) = try Self.path(
            rest[pathStart...],
            server: port.map { "\(host):\($0)" } ?? host
        )
    }

    private static func checkCharacters(_ text: String) throws(SecretURLError) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "/", ":": continue
            case "@": throw .hasCredentials
            case "?": throw .hasQuery
            case "#": throw .hasFragment
            case "!"..."~": throw .oddCharacter(String(Character(scalar)))
            default:
                throw .oddCharacter("U+\(String(scalar.value, radix: 16, uppercase: true))")
            }
        }
    }

    private static func authority(
        _ text: Substring
    ) throws(SecretURLError) -> (host: String, port: Int?) {
        let hostEnd = text.utf8.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        let host = text[..<hostEnd].lowercased()
        guard !host.isEmpty else { throw .notAURL }
        guard hostEnd < text.endIndex else { return (host, nil) }
        let digits = text[text.utf8.index(after: hostEnd)...]
        guard let port = UInt16(digits), port > 0 else {
            throw .badPort(String(digits.prefix(20)))
        }
        return (host, port == 443 ? nil : Int(port))
    }

    private static func path(
        _ text: Substring,
        server: String
    ) throws(SecretURLError) -> (name: String, version: String?) {
        // Behind the slash that it begins with; one at the end says nothing.
        var rest: Substring.UTF8View? = text.utf8.count > 1 ? text.utf8.dropFirst() : nil
        if rest?.last == UInt8(ascii: "/") { rest?.removeLast() }
        func nextPart() -> Substring? {
            guard let text = rest else { return nil }
            let part = text.prefix { $0 != UInt8(ascii: "/") }
            rest = part.endIndex < text.endIndex ? text[part.endIndex...].dropFirst() : nil
            return Substring(part)
        }
        guard let collection = nextPart(), let name = nextPart() else { throw .badPath }
        switch collection.lowercased() {
        case "secrets": break
        case "certificates":
            let version = nextPart().map { "/\($0)" } ?? ""
            throw .certificatesPath(suggestion: "https://\(server)/secrets/\(name)\(version)")
        case "keys": throw .keysPath
        default: throw .badPath
        }
        guard (1...127).contains(name.utf8.count), name.utf8.allSatisfy(isNameCharacter) else {
            throw .badName(String(name.prefix(130)))
        }
        guard let version = nextPart() else { return (String(name), nil) }
        guard rest == nil else { throw .badPath }
        guard let canonical = canonicalVersion(version) else {
            throw .badVersion(String(version.prefix(60)))
        }
        return (String(name), canonical)
    }

    /// The address of the same name in one of the vault's collections.
    func address(in collection: String, version: String?) -> String {
        let address = "\(address(of: collection))/\(name)"
        return version.map { "\(address)/\($0)" } ?? address
    }

    /// The address of one of the vault's collections.
    func address(of collection: String) -> String {
        "https://\(port.map { "\(host):\($0)" } ?? host)/\(collection)"
    }
}

extension SecretURL: CustomStringConvertible {
    package var description: String { address(in: "secrets", version: version) }
}
