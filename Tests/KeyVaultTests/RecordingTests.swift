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

    @Test(
        "Every one is understood",
        .enabled(if: recordings != nil, "KVAGENT_RECORDINGS names no folder of recordings")
    )
    func everyone() throws {
        var counts: [String: Int] = [:]
        for exchange in try exchanges() {
            guard let target = exchange.target else { continue }
            let object = ObjectID(
                host: exchange.host,
                collection: target.collection,
                name: target.name,
                version: target.version
            )
            guard exchange.status == 200 else {
                let refusal = Refusal(exchange.response)
                #expect(refusal.code != nil && refusal.message != nil)
                #expect(refusal.kind != .rejected)
                counts["\(refusal.kind)", default: 0] += 1
                continue
            }
            if target.collection == "secrets" {
                let secret = try Secret(exchange.response, of: object)
                #expect(secret.value.count > 0 && secret.created != nil && secret.isEnabled)
                #expect(secret.isManaged == secret.hasKey)
            } else {
                let certificate = try CertificateVersion(exchange.response, of: object)
                #expect(certificate.thumbprint?.utf8.count == 40)
                #expect(certificate.expires != nil)
            }
            counts[target.collection, default: 0] += 1
        }
        for kind in ["secrets", "certificates", "denied", "disabled", "notFound"] {
            #expect(counts[kind, default: 0] >= 3, "\(kind): \(counts)")
        }
    }
}
