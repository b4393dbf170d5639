import FoundationEssentials
import PKI

/// A token that somebody else has signed (RFC 7515, compact form), taken apart and not yet believed.
struct SignedToken {
    let header: JSON
    let claims: JSON
    private let signed: [UInt8]
    private let signature: [UInt8]

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Data(base64URL: parts[0]).map(Array.init),
            let claims = Data(base64URL: parts[1]).map(Array.init),
            let signature = Data(base64URL: parts[2]).map(Array.init),
            let headerJSON = JSON(parsing: header), let claimsJSON = JSON(parsing: claims)
        else { return nil }
        self.header = headerJSON
        self.claims = claimsJSON
        self.signature = signature
        signed = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// Whether the key has signed it by the algorithm that it names, which must be a known one.
    func isSigned(by key: PublicKey) -> Bool {
        guard let scheme = header["alg"]?.string.flatMap({ SignatureScheme(rawValue: $0) }) else {
            return false
        }
        return key.verifies(signature, of: signed, by: scheme)
    }

    /// Whether it is good at this time; one without an end never is.
    func isValid(at now: Int) -> Bool {
        guard let end = claims["exp"]?.integer else { return false }
        // Five minutes either way, as clocks differ.
        return now < end + 300 && now >= (claims["nbf"]?.integer ?? 0) - 300
    }

    /// The claim `aud`, which may be a list.
    var audiences: [String] {
        claims["aud"]?.array?.compactMap(\.string) ?? claims["aud"]?.string.map { [$0] } ?? []
    }
}
