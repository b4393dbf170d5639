import Foundation
import Sensitive

/// Whom a token speaks for, as its own text says.
///
/// Read for people only: nothing is decided by it, for nobody has checked its signature here, and
/// Microsoft may change what is in it (Microsoft identity platform, "Access tokens").
package struct TokenClaims: Sendable, Decodable {
    /// The object id of the identity, which roles are granted to.
    package let objectID: String?
    /// The client id.
    package let applicationID: String?
    package let tenantID: String?
    package let audience: String?

    private enum CodingKeys: String, CodingKey {
        case objectID = "oid"
        case applicationID = "appid"
        case authorizedParty = "azp"
        case tenantID = "tid"
        case audience = "aud"
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func text(_ key: CodingKeys) throws -> String? {
            let text = try values.decodeIfPresent(String.self, forKey: key)
            return text.map {
                String($0.unicodeScalars.filter { (0x21...0x7E) ~= $0.value }.prefix(100))
            }
        }
        objectID = try text(.objectID)
        applicationID = try text(.applicationID) ?? text(.authorizedParty)
        tenantID = try text(.tenantID)
        audience = try text(.audience)
    }

    /// Reads the middle part of a JSON Web Token (RFC 7519); nil for a token of any other kind.
    package init?(_ token: AccessToken) {
        let payload: [UInt8] = token.secret.withBytes { bytes in
            var dots: [Int] = []
            for index in bytes.indices where bytes[index] == UInt8(ascii: ".") {
                dots.append(index)
            }
            guard dots.count == 2 else { return [] }
            return (dots[0] + 1..<dots[1]).map { bytes[$0] }
        }
        guard let data = Data(base64URL: payload),
            let claims = try? JSONDecoder().decode(Self.self, from: data)
        else { return nil }
        self = claims
    }
}
