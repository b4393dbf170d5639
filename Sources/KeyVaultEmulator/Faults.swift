import Locking

/// Something that shall go wrong.
package struct Fault: Sendable, Codable, Equatable {
    /// What goes wrong.
    package enum Kind: String, Sendable, Codable, CaseIterable {
        /// 429, with `Retry-After` where `retryAfterSeconds` is set.
        case throttle
        /// `status` (503) with a body of HTML, as gateways answer.
        case serverError
        /// The answer comes `delayMilliseconds` late.
        case delay
        /// The answer ends in the middle of its body.
        case cutOff
        /// The answer claims to be JSON and is not.
        case garbage
        /// The answer is right and claims to be `text/plain`.
        case wrongContentType
        /// 401 as if the token had expired.
        case refuseToken
        /// 403 ForbiddenByRbac on certificates, as for the role Key Vault Secrets User.
        case denyCertificates
        /// The same on their list alone, as for an access policy without `list`.
        case denyCertificateList
        /// 403 ForbiddenByPolicy on secrets.
        case denySecrets
        /// 403 ForbiddenByFirewall on everything.
        case denyAddress
        /// 403 AccessDenied, as for what is being deleted.
        case denyObject
        /// The next version that a rotation makes is bad in this way.
        case keyMissing, keyOfAnother, shuffledChain, expired, notYetValid, garbageValue, leafOnly

        /// What is wrong with the next version; nil for what is wrong with answers.
        var content: ContentFault? { ContentFault(rawValue: rawValue) }
    }

    /// Whose answers go wrong.
    package enum Service: String, Sendable, Codable, CaseIterable {
        case vault
        /// The identity endpoint (IMDS).
        case identity
        /// The authority (Entra ID).
        case authority
    }

    package var kind: Kind
    package var service: Service
    /// nil: every vault.
    package var vault: String?
    /// nil: every secret and certificate.
    package var name: String?
    /// How many more times; nil: until cleared.
    package var count: Int?
    package var status: Int?
    package var retryAfterSeconds: Int?
    package var delayMilliseconds: Int?

    package init(
        _ kind: Kind,
        on service: Service = .vault,
        vault: String? = nil,
        name: String? = nil,
        count: Int? = nil
    ) {
        self.kind = kind
        self.service = service
        self.vault = vault?.lowercased()
        self.name = name?.lowercased()
        self.count = count
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(Kind.self, forKey: .kind),
            on: try values.decodeIfPresent(Service.self, forKey: .service) ?? .vault,
            vault: try values.decodeIfPresent(String.self, forKey: .vault),
            name: try values.decodeIfPresent(String.self, forKey: .name),
            count: try values.decodeIfPresent(Int.self, forKey: .count)
        )
        status = try values.decodeIfPresent(Int.self, forKey: .status)
        retryAfterSeconds = try values.decodeIfPresent(Int.self, forKey: .retryAfterSeconds)
        delayMilliseconds = try values.decodeIfPresent(Int.self, forKey: .delayMilliseconds)
    }

    package static func throttle(retryAfterSeconds: Int? = nil, count: Int? = nil) -> Fault {
        var fault = Fault(.throttle, count: count)
        fault.retryAfterSeconds = retryAfterSeconds
        return fault
    }

    package static func serverError(_ status: Int = 503, count: Int? = nil) -> Fault {
        var fault = Fault(.serverError, count: count)
        fault.status = status
        return fault
    }

    package static func delay(milliseconds: Int, count: Int? = nil) -> Fault {
        var fault = Fault(.delay, count: count)
        fault.delayMilliseconds = milliseconds
        return fault
    }

    /// Whether it concerns this object of this vault.
    func concerns(_ service: Service, vault: String?, name: String?) -> Bool {
        self.service == service
            && (self.vault == nil || self.vault == vault?.lowercased())
            && (self.name == nil || self.name == name?.lowercased())
    }
}

/// The faults that are set.
final class FaultList: Sendable {
    private let faults = Locked<[Fault]>([])

    func add(_ fault: Fault) {
        faults.withLock { $0.append(fault) }
    }

    func clear() {
        faults.withLock { $0.removeAll() }
    }

    var all: [Fault] { faults.withLock { $0 } }

    /// Those that meet a request to the identity endpoint or the authority, each used up by one.
    func take(for service: Fault.Service) -> [Fault] {
        take { $0.kind.content == nil && $0.concerns(service, vault: nil, name: nil) }
    }

    /// Those that meet a request to a vault, each used up by one.
    ///
    /// A request without a token, as the SDKs begin with, uses up no refusal of a caller.
    func take(for request: VaultRequest) -> [Fault] {
        let hasToken = request.exchange.fields["authorization"] != nil
        return take { fault in
            guard fault.kind.content == nil,
                fault.concerns(.vault, vault: request.vault, name: request.name)
            else { return false }
            return switch fault.kind {
            case .denyCertificates: hasToken && request.isAboutCertificates
            case .denyCertificateList: hasToken && request.kind == .certificates
            case .denySecrets: hasToken && request.isAboutSecrets
            case .denyAddress, .denyObject, .refuseToken: hasToken
            default: true
            }
        }
    }

    /// What shall be wrong with the next version of a certificate; used up by one.
    func takeContentFault(vault: String, name: String) -> ContentFault? {
        var isFirst = true
        return take { fault in
            guard isFirst, fault.kind.content != nil,
                fault.concerns(.vault, vault: vault, name: name)
            else { return false }
            isFirst = false
            return true
        }.first?.kind.content
    }

    private func take(where matches: (Fault) -> Bool) -> [Fault] {
        faults.withLock { faults in
            var taken: [Fault] = []
            for index in faults.indices where matches(faults[index]) {
                taken.append(faults[index])
                faults[index].count = faults[index].count.map { $0 - 1 }
            }
            faults.removeAll { $0.count.map { $0 <= 0 } ?? false }
            return taken
        }
    }
}
