import Foundation
import Sensitive

/// What an application with a certificate says of itself, to be signed: a JSON Web Token (RFC 7523).
///
/// Microsoft, "Microsoft identity platform application authentication certificate credentials".
struct ClientAssertion {
    let application: Application
    /// Whom it is for: the URL that tokens are asked for at.
    let audience: String
    let now: Date

    /// As Microsoft's own libraries have it; the page above asks for five to ten minutes.
    private static let lifetime = 600

    /// The token; `sendsChain` adds the certificate and its chain, which lets an application be
    /// known by the name in the certificate.
    func signed(
        by certificate: ClientCertificate,
        sendsChain: Bool
    ) throws(ClientCertificate.Problem) -> SensitiveBytes {
        let header = Header(
            alg: "PS256",
            typ: "JWT",
            thumbprint: Data(certificate.sha256).base64URL,
            x5c: sendsChain ? certificate.chain.map { Data($0).base64EncodedString() } : nil
        )
        let start = Int(now.timeIntervalSince1970)
        let claims = Claims(
            aud: audience,
            iss: application.clientID,
            sub: application.clientID,
            jti: UUID().uuidString.lowercased(),
            nbf: start,
            exp: start + Self.lifetime
        )
        let signed = try "\(Self.part(header)).\(Self.part(claims))"
        let signature = try certificate.sign(Array(signed.utf8))
        return SensitiveBytes(copying: Array("\(signed).\(Data(signature).base64URL)".utf8))
    }

    private struct Header: Encodable {
        let alg: String
        let typ: String
        let thumbprint: String
        let x5c: [String]?

        private enum CodingKeys: String, CodingKey {
            case alg, typ, x5c
            case thumbprint = "x5t#S256"
        }
    }

    private struct Claims: Encodable {
        let aud: String
        let iss: String
        let sub: String
        let jti: String
        let nbf: Int
        let exp: Int
    }

    private static func part(_ value: some Encodable) throws(ClientCertificate.Problem) -> String {
        do {
            return try JSONEncoder().encode(value).base64URL
        } catch {
            throw ClientCertificate.Problem(cause: "can't be written as JSON")
        }
    }
}
