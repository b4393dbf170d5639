import FoundationEssentials
import Locking
import PKI
import Sensitive

/// Issues the tokens and checks them: JSON Web Tokens signed with a key of this state folder
/// (RFC 7519, HS256), so that a token outlives a restart and can't be made up.
final class TokenAuthority: Sendable {
    /// The tenant that everything here belongs to.
    static let tenant = "8d4e3b5a-2f0c-4b27-9a36-5c1f7e90d303"
    static let issuer = "https://sts.windows.net/\(tenant)/"

    private let key: SensitiveBytes
    /// Tokens of an earlier generation are refused as if they had expired.
    private let generation = Locked(0)
    /// What the tokens say whose signatures were found good: a client sends the same one for hours.
    private let known = Locked<[String: Claims]>([:])

    /// What a good token says.
    struct Claims: Sendable, Codable, Equatable {
        let aud: String
        let iss: String
        let iat: Int
        let nbf: Int
        let exp: Int
        let appid: String
        let oid: String
        let tid: String
        let uti: String
        let gen: Int

        /// The caller as Key Vault's refusals name it.
        var caller: String { "appid=\(appid);oid=\(oid);iss=\(iss)" }
    }

    /// Why a token is no good.
    enum Refusal: Error, Equatable {
        case malformed
        case expired
        case wrongAudience(String)
    }

    /// Takes the key of an earlier start, or makes one.
    init(folder: StateFolder) throws {
        if let stored = try folder.read("token.key"), stored.count == 32 {
            key = SensitiveBytes(copying: stored)
        } else {
            let bytes = (0..<32).map { _ in UInt8.random(in: 0...255) }
            try folder.write(bytes, to: "token.key")
            key = SensitiveBytes(copying: bytes)
        }
    }

    /// Makes every token issued so far one that has expired.
    func revokeAll() {
        generation.withLock { $0 += 1 }
    }

    func issue(
        for audience: String,
        to identity: ManagedIdentity,
        lifetimeSeconds: Int,
        now: Int
    ) -> (token: String, claims: Claims) {
        let claims = Claims(
            aud: audience,
            iss: Self.issuer,
            iat: now,
            nbf: now - 300,
            exp: now + lifetimeSeconds,
            appid: identity.clientID,
            oid: identity.objectID,
            tid: Self.tenant,
            uti: VaultVersion.makeID(),
            gen: generation.withLock { $0 }
        )
        // Strings and integers always encode; were it otherwise, the token would be refused.
        let payload = (try? JSONEncoder().encode(claims)) ?? Data()
        let signed =
            Data(#"{"typ":"JWT","alg":"HS256"}"#.utf8).base64URL + "." + payload.base64URL
        return (signed + "." + signature(of: signed), claims)
    }

    /// The claims of a token for one of `audiences`.
    func check(_ token: String, audiences: [String], now: Int) throws(Refusal) -> Claims {
        let claims =
            if let claims = known.withLock({ $0[token] }) { claims } else { try examine(token) }
        guard audiences.contains(claims.aud) else { throw .wrongAudience(claims.aud) }
        guard claims.exp > now, claims.gen >= generation.withLock({ $0 }) else { throw .expired }
        return claims
    }

    /// The claims of a token that we signed.
    private func examine(_ token: String) throws(Refusal) -> Claims {
        guard let dot = token.lastIndex(of: ".") else { throw .malformed }
        let signed = String(token[..<dot])
        guard signature(of: signed) == token[token.index(after: dot)...],
            let payload = signed.split(separator: ".").last.flatMap({ Data(base64URL: $0) }),
            // A token that we signed decodes, unless an older emulator of this folder signed it.
            let claims = try? JSONDecoder().decode(Claims.self, from: payload)
        else { throw .malformed }
        known.withLock { known in
            if known.count == 100 { known = [:] }
            known[token] = claims
        }
        return claims
    }

    /// HMAC-SHA-256 (RFC 2104) as base64url.
    private func signature(of text: String) -> String {
        var inner = [UInt8](repeating: 0x36, count: 64)
        var outer = [UInt8](repeating: 0x5c, count: 64)
        key.withBytes { span in
            for index in span.indices {
                inner[index] ^= span[index]
                outer[index] ^= span[index]
            }
        }
        return Data(sha256(outer + sha256(inner + text.utf8))).base64URL
    }
}

extension Data {
    /// The bytes that pairs of hex digits say; what is not hex is left out.
    init(hex: String) {
        let digits = hex.compactMap(\.hexDigitValue)
        self.init(
            stride(from: 0, to: digits.count - 1, by: 2).map {
                UInt8(digits[$0] << 4 | digits[$0 + 1])
            }
        )
    }

    /// Base64 of RFC 4648 §5, without padding.
    var base64URL: String {
        let bytes = base64EncodedData().compactMap { byte -> UInt8? in
            switch byte {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: byte
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    init?(base64URL text: some StringProtocol) {
        var base64 = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "-"): UInt8(ascii: "+")
            case UInt8(ascii: "_"): UInt8(ascii: "/")
            default: byte
            }
        }
        while base64.count % 4 != 0 { base64.append(UInt8(ascii: "=")) }
        self.init(base64Encoded: Data(base64))
    }
}
