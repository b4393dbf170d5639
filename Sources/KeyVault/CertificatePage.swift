import Foundation
import HTTP

/// One page of a vault's list of certificates.
///
/// Pages may be shorter than asked for, or empty; only `nextLink` tells where a list ends.
struct CertificatePage {
    var items: [(name: String, item: CertificateList.Item)] = []
    /// The query that the next page is asked for with; nil on the last page.
    let next: String?

    /// Reads an answer; an item that makes no sense is passed over, its certificate is read singly.
    init(_ response: HTTPResponse, of url: SecretURL) throws(MalformedAnswer) {
        let answer: Answer
        do {
            answer = try response.json(as: Answer.self)
        } catch {
            throw MalformedAnswer("its JSON is not what a vault answers")
        }
        next = try answer.nextLink.flatMap { $0.isEmpty ? nil : $0 }
            .map { link throws(MalformedAnswer) in try Self.query(of: link, from: url) }
        for item in answer.value ?? [] {
            guard let fields = item.fields, let name = Self.name(in: fields.id, of: url) else {
                continue
            }
            let value = CertificateList.Item(
                thumbprint: fields.x5t.flatMap(CertificateVersion.thumbprint(x5t:)),
                isEnabled: fields.attributes.isEnabled,
                updated: fields.attributes.updated
            )
            items.append((name, value))
        }
    }

    /// The query of a `nextLink`, which has to lead to the same list of the same server.
    ///
    /// The address is put together anew from what is known: only the query comes from the answer,
    /// so that no token can go elsewhere. The service writes port 443 into it.
    static func query(of link: String, from url: SecretURL) throws(MalformedAnswer) -> String {
        guard link.utf8.count <= 4096,
            let mark = link.firstIndex(of: "?"),
            link.unicodeScalars.allSatisfy({ ("!"..."~").contains($0) && $0 != "#" && $0 != "\\" })
        else { throw MalformedAnswer("its nextLink is no address") }
        let servers = url.port.map { ["\(url.host):\($0)"] } ?? [url.host, "\(url.host):443"]
        let address = link[..<mark].lowercased()
        guard servers.contains(where: { address == "https://\($0)/certificates" }) else {
            throw MalformedAnswer("its nextLink leads elsewhere")
        }
        return String(link[link.index(after: mark)...])
    }

    /// The name in lower case; nil for what is of another vault, or no certificate.
    private static func name(in id: String, of url: SecretURL) -> String? {
        let parts = id.lowercased().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0] == "https:", parts[1].isEmpty,
            parts[2].prefix(while: { $0 != ":" }) == url.host, parts[3] == "certificates"
        else { return nil }
        return String(parts[4])
    }

    /// Microsoft: REST reference, "Get Certificates".
    private struct Answer: Decodable {
        let value: [Item]?
        let nextLink: String?
    }

    private struct Item: Decodable {
        let fields: Fields?

        init(from decoder: any Decoder) throws {
            // What can't be read counts as not listed.
            fields = try? Fields(from: decoder)
        }
    }

    private struct Fields: Decodable {
        let id: String
        let x5t: String?
        let attributes: Attributes
    }
}
