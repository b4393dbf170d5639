import Foundation
import PKI
import Sensitive

/// An issuer of tokens as a Kubernetes cluster is one, with a key of its own.
struct TokenIssuer {
    static let name = "https://cluster.example/id"

    let certificate: IssuedCertificate
    let key: PublicKey

    init() throws {
        certificate = try CertificateAuthority.selfSigned(
            CertificateRequest(
                subject: "CN=cluster",
                dnsNames: [],
                algorithm: .rsa(bits: 2048),
                notBefore: Date(timeIntervalSinceNow: -3600),
                notAfter: Date(timeIntervalSinceNow: 3600)
            )
        )
        key = try PublicKey(certificateDER: certificate.certificateDER)
    }

    /// A token that vouches for `subject`, unless `changes` say otherwise.
    func token(_ subject: String, _ changes: [String: String] = [:], lifetime: Int = 600) throws
        -> String
    {
        var claims: [String: String] = [
            "iss": Self.name, "sub": subject, "aud": "api://AzureADTokenExchange",
        ]
        claims.merge(changes) { $1 }
        let now = Int(Date().timeIntervalSince1970)
        let members = claims.sorted { $0.key < $1.key }.map { #""\#($0.key)":"\#($0.value)""# }
        let text =
            "{\(members.joined(separator: ",")),\"exp\":\(now + lifetime),\"nbf\":\(now - 600)}"
        let signed = [#"{"alg":"RS256","typ":"JWT"}"#, text].map { Self.base64URL(Array($0.utf8)) }
            .joined(separator: ".")
        let signature = try certificate.key.signature(of: Array(signed.utf8), by: .rs256)
        return "\(signed).\(Self.base64URL(signature))"
    }

    static func base64URL(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}
