/// A request to a vault, taken apart.
struct VaultRequest: Sendable {
    /// The first part of the path.
    enum Collection: String, Sendable {
        case secrets, certificates, deletedsecrets, deletedcertificates, keys
    }

    let exchange: Exchange
    /// Lower-case.
    let vault: String
    let collection: Collection?
    /// As it was written; nil for a whole collection.
    let name: String?
    /// What follows the name.
    let rest: [String]
    let now: Int
    let behaviour: EmulatorBehaviour

    /// Nil where the host is no vault's.
    init?(_ exchange: Exchange, behaviour: EmulatorBehaviour, now: Int) {
        let suffix = ".vault.localhost"
        let host = exchange.host
        let vault = host.dropLast(suffix.count)
        // Whoever made the exchange has made its letters small.
        guard host.hasSuffix(suffix), vault.isObjectName else { return nil }
        self.exchange = exchange
        self.behaviour = behaviour
        self.now = now
        self.vault = String(vault)
        let segments = exchange.segments
        collection = segments.first.flatMap { Collection(rawValue: $0.lowercased()) }
        name = segments.count > 1 ? segments[1] : nil
        rest = Array(segments.dropFirst(2))
    }

    /// What the ids in answers begin with: the port as the client wrote it, 443 left out.
    var origin: String {
        let authority = exchange.authority
        return "https://" + (authority.hasSuffix(":443") ? exchange.host : authority)
    }

    /// `:8443`, or nothing where the client named no port.
    var port: String { String(exchange.authority.dropFirst(exchange.host.count)) }

    /// Whether the name is one that Key Vault takes.
    var hasGoodName: Bool { name?.isObjectName ?? true }

    /// Whether the mandatory `api-version` is there and looks like one: `7.4`, `2025-07-01`, either
    /// with `-preview` or `-preview.1` behind it.
    var hasAPIVersion: Bool {
        var parts = (exchange.query["api-version"] ?? "")
            .split(separator: "-", omittingEmptySubsequences: false)
        if let last = parts.last,
            last == "preview" || last.hasPrefix("preview.") && last.dropFirst(8).isNumber
        {
            parts.removeLast()
        }
        if parts.count == 1 {
            let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false)
            return numbers.count == 2 && numbers.allSatisfy(\.isNumber)
        }
        return parts.map(\.utf8.count) == [4, 2, 2] && parts.allSatisfy(\.isNumber)
    }

    var isAboutCertificates: Bool {
        collection == .certificates || collection == .deletedcertificates
    }

    var isAboutSecrets: Bool { collection == .secrets || collection == .deletedsecrets }

    var kind: EmulatorStatistics.Kind {
        let isRead = exchange.method == "GET"
        switch (collection, name, rest.first) {
        case (.deletedsecrets, _, _), (.deletedcertificates, _, _): return .deleted
        case (.secrets, _, _) where !isRead: return .secretWrite
        case (.certificates, _, _) where !isRead: return .certificateWrite
        case (.secrets, nil, _): return .secrets
        case (.secrets, _, nil): return .secret
        case (.secrets, _, "versions"): return .secretVersions
        case (.secrets, _, _): return .secretVersion
        case (.certificates, nil, _): return .certificates
        case (.certificates, _, nil): return .certificate
        case (.certificates, _, "versions"): return .certificateVersions
        case (.certificates, _, "policy"): return .certificatePolicy
        case (.certificates, _, "pending"): return .certificatePending
        case (.certificates, _, _): return .certificateVersion
        default: return .other
        }
    }
}

extension StringProtocol {
    /// Whether it can name a vault or an object: letters, digits and hyphens of ASCII, 127 at the
    /// most.
    fileprivate var isObjectName: Bool {
        (1...127).contains(utf8.count)
            && utf8.allSatisfy { byte in
                byte.isDigit || byte == UInt8(ascii: "-")
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            }
    }

    /// Whether it is digits, at least one.
    fileprivate var isNumber: Bool { !isEmpty && utf8.allSatisfy(\.isDigit) }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
}
