import Foundation
import HTTP
import Sensitive
import Testing

@testable import KeyVault

/// The folder of recorded exchanges, if there is one.
private let recordings = ProcessInfo.processInfo.environment["KVAGENT_RECORDINGS"]

@Suite("Answers that Azure Key Vault has really given")
struct RecordingTests {
    struct Exchange: Decodable {
        let method: String
        let url: String
        let status: Int
        let headers: [String: String]
        let body: String?

        /// The collection, name and version of a read that kvagent could have made; nil for others.
        var target: (collection: String, name: String, version: String?)? {
            guard method == "GET", let path = URLComponents(string: url)?.path else { return nil }
            let parts = path.split(separator: "/").map(String.init)
            guard (2...3).contains(parts.count), ["secrets", "certificates"].contains(parts[0])
            else { return nil }
            guard parts.count == 3 else { return (parts[0], parts[1], nil) }
            return canonicalVersion(parts[2]).map { (parts[0], parts[1], $0) }
        }

        var response: HTTPResponse {
            HTTPResponse(
                status: status,
                fields: headers.map { HTTPResponse.Field(name: $0.key, value: $0.value) },
                body: SensitiveBytes(copying: (body ?? "").utf8),
                httpVersion: "1.1"
            )
        }

        /// The host that the answer names: the recordings have it blotted out in their URLs.
        var host: String {
            let id = body?.firstMatch(of: /"id"\s*:\s*"https:\/\/([^\/"]+)\//)
            return id.map { String($0.1) } ?? "unknown"
        }
    }

    private func exchanges() throws -> [Exchange] {
        let file = URL(filePath: try #require(recordings)).appending(path: "exchanges.jsonl")
        return try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map { line in
            try JSONDecoder().decode(Exchange.self, from: line)
        }
    }

    /// What became of a recorded exchange.
    enum Fate: Hashable, CustomStringConvertible {
        /// Decoded, as kvagent decodes what it asks for.
        case newestSecret, secretVersion, newestCertificate, certificateVersion, certificateList
        /// Decoded as a refusal, whatever was asked: all have one shape.
        case refusal(Int, code: String, inner: String?, VaultError.Kind)
        /// Left out, for what it is: kvagent lists nothing but certificates.
        case token, otherList, pendingCertificate, deletedObject

        var description: String {
            switch self {
            case .refusal(let status, let code, let inner, let kind):
                "\(status) \(code)/\(inner ?? "-") is \(kind)"
            default: "\(self)"
            }
        }
    }

    /// Decodes an exchange, or says why kvagent would never see one like it.
    private func fate(of exchange: Exchange) throws -> Fate {
        guard exchange.status == 200 else {
            let refusal = Refusal(exchange.response)
            #expect(refusal.message != nil)
            return .refusal(
                refusal.status,
                code: refusal.code ?? "none",
                inner: refusal.innerCode,
                refusal.kind
            )
        }
        if exchange.method == "POST" { return .token }
        let path = try #require(URLComponents(string: exchange.url)?.path).split(separator: "/")
        switch (path[0], path.count, path.last) {
        case ("deletedsecrets", _, _), ("deletedcertificates", _, _):
            return path.count == 1 ? .otherList : .deletedObject
        case ("certificates", 1, _): return try listFate(of: exchange)
        case (_, 1, _), (_, 3, "versions"): return .otherList
        case ("certificates", 3, "pending"): return .pendingCertificate
        default: break
        }
        let target = try #require(exchange.target)
        let object = ObjectID(
            host: exchange.host,
            collection: target.collection,
            name: target.name,
            version: target.version
        )
        if target.collection == "secrets" {
            let secret = try Secret(exchange.response, of: object)
            #expect(secret.value.count > 0 && secret.created != nil && secret.isEnabled)
            #expect(secret.isManaged == secret.hasKey)
            #expect(target.version == nil || target.version == secret.version)
            return target.version == nil ? .newestSecret : .secretVersion
        }
        let certificate = try CertificateVersion(exchange.response, of: object)
        #expect(certificate.thumbprint?.utf8.count == 40)
        #expect(certificate.expires != nil)
        #expect(target.version == nil || target.version == certificate.version)
        return target.version == nil ? .newestCertificate : .certificateVersion
    }

    private func listFate(of exchange: Exchange) throws -> Fate {
        let url = try SecretURL("https://\(exchange.host)/secrets/any", in: .publicCloud)
        let page = try CertificatePage(exchange.response, of: url)
        #expect(page.next == nil)
        #expect(page.items.count == 9)
        #expect(page.items.contains { $0.name == "getcertificatepolicy" })
        #expect(page.items.allSatisfy { $0.item.thumbprint != nil && $0.item.updated != nil })
        return .certificateList
    }

    /// All of them: what is decoded, as what it counts, and what is left out.
    private static let fates: [Fate: Int] = [
        .newestSecret: 13, .secretVersion: 6, .newestCertificate: 10, .certificateVersion: 6,
        .refusal(401, code: "Unauthorized", inner: nil, .denied): 26,
        .refusal(403, code: "Forbidden", inner: "SecretDisabled", .disabled): 5,
        .refusal(403, code: "Forbidden", inner: "ForbiddenByPolicy", .denied): 1,
        .refusal(403, code: "Forbidden", inner: "AccessDenied", .denied): 1,
        .refusal(404, code: "SecretNotFound", inner: nil, .notFound): 15,
        .refusal(404, code: "CertificateNotFound", inner: nil, .notFound): 5,
        .certificateList: 1, .token: 4, .otherList: 40, .pendingCertificate: 10, .deletedObject: 12,
    ]

    @Test(
        "Every one is understood, or left out for a reason that is counted",
        .enabled(if: recordings != nil, "KVAGENT_RECORDINGS names no folder of recordings")
    )
    func everyone() throws {
        var counts: [Fate: Int] = [:]
        let exchanges = try exchanges()
        for exchange in exchanges { counts[try fate(of: exchange), default: 0] += 1 }
        #expect(counts == Self.fates)
        #expect(exchanges.count == 155)
    }

    @Test(
        "The caller that a refusal names is whom the hint is about",
        .enabled(if: recordings != nil, "KVAGENT_RECORDINGS names no folder of recordings")
    )
    func caller() throws {
        let refusals = try exchanges().map { Refusal($0.response) }
        let denied = try #require(refusals.first { $0.innerCode == "ForbiddenByPolicy" })
        let hint = denied.hint(role: "Key Vault Secrets User")
        #expect(hint?.contains("00000000-0000-0000-0000-000000000000") == true)
    }
}
