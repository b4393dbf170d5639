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
        guard host.hasSuffix(suffix),
            host.dropLast(suffix.count).wholeMatch(of: /[0-9a-z-]+/) != nil
        else { return nil }
        self.exchange = exchange
        self.behaviour = behaviour
        self.now = now
        vault = String(host.dropLast(suffix.count))
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
    var hasGoodName: Bool {
        name.map { $0.wholeMatch(of: /[0-9a-zA-Z-]{1,127}/) != nil } ?? true
    }

    /// Whether the mandatory `api-version` is there and looks like one.
    var hasAPIVersion: Bool {
        let version = exchange.query["api-version"] ?? ""
        return version.wholeMatch(of: /(\d+\.\d+|\d{4}-\d\d-\d\d)(-preview(\.\d+)?)?/) != nil
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
