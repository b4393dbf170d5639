/// From where a vault may be reached.
///
/// Every client of an emulator comes from loopback, so `127.0.0.1` is the address that rules
/// either have or lack.
package struct NetworkRules: Sendable, Codable, Equatable {
    /// Off: through a private endpoint alone, which no client of an emulator comes through.
    package var isPublic = true
    /// IPv4 addresses and ranges as in `203.0.113.0/24`; nil without a firewall.
    package var allowed: [String]?

    package init() {}

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        isPublic = try values.decodeIfPresent(Bool.self, forKey: .isPublic) ?? true
        allowed = try values.decodeIfPresent([String].self, forKey: .allowed)
    }

    /// Whether the firewall lets an address through.
    func allows(_ address: String) -> Bool {
        guard let allowed else { return true }
        guard let address = Self.number(address) else { return false }
        return allowed.contains { rule in
            guard let (network, bits) = Self.range(rule) else { return false }
            let mask: UInt32 = bits == 0 ? 0 : ~0 << (32 - bits)
            return network & mask == address & mask
        }
    }

    /// The first rule that can't be read.
    var unreadable: String? { allowed?.first { Self.range($0) == nil } }

    private static func range(_ rule: String) -> (network: UInt32, bits: UInt32)? {
        let parts = rule.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let network = number(String(parts[0])) else { return nil }
        guard parts.count == 2 else { return (network, 32) }
        guard let bits = UInt32(parts[1]), bits <= 32 else { return nil }
        return (network, bits)
    }

    private static func number(_ address: String) -> UInt32? {
        let bytes = address.split(separator: ".", omittingEmptySubsequences: false)
            .map { UInt8($0) }
        guard bytes.count == 4 else { return nil }
        var number: UInt32 = 0
        for byte in bytes {
            guard let byte else { return nil }
            number = number << 8 | UInt32(byte)
        }
        return number
    }
}
