import TestSupport
import Testing

@testable import KeyVault

@Suite("Lists of certificates", .timeLimit(.minutes(15)))
struct CertificateListTests {
    private static let x5t = "R7kjERBuM6fIfdRa-f6DDg57_3Q"

    private static func item(_ name: String, x5t: String = x5t) -> String {
        #"{"id":"https://kv.vault.localhost/certificates/\#(name)","x5t":"\#(x5t)","#
            + #""attributes":{"enabled":true,"updated":1636059281},"tags":{},"subject":""}"#
    }

    private static func page(_ items: [String], next: String? = nil) -> String {
        let link = next.map { "\"\($0)\"" } ?? "null"
        return #"{"value":[\#(items.joined(separator: ","))],"nextLink":\#(link)}"#
    }

    /// A vault that gives these pages, the last one for ever; `ORIGIN` in them is its own address.
    private func vault(_ pages: [String]) throws -> TestVault {
        try TestVault(
            ScriptedServer { connection in
                while let (request, number) = connection.nextRequest() {
                    let page = pages[min(number, pages.count - 1)]
                    let origin = "https://\(request.fields["host"] ?? "")"
                    let answer = ScriptedAnswer.json(page.replacing("ORIGIN", with: origin))
                    guard connection.send(answer.bytes) else { return }
                }
            }
        )
    }

    private func url(_ text: String) throws -> SecretURL { try SecretURL(text, in: .local()) }

    @Test("Pages are followed to the end, be they short, empty or out of order")
    func pages() async throws {
        let more = "ORIGIN/certificates?api-version=7.4&$skiptoken="
        let vault = try vault([
            Self.page([Self.item("z"), Self.item("B")], next: more + "one"),
            Self.page([], next: more + "two"),
            Self.page([Self.item("a")], next: more + "three"),
            Self.page([]),
        ])
        let list = try await vault.client.certificates(of: vault.web, pages: 10)
        #expect(list.items.keys.sorted() == ["a", "b", "z"])
        #expect(list.items["a"]?.thumbprint == "47B92311106E33A7C87DD45AF9FE830E0E7BFF74")
        #expect(list.pages == 4 && list.isWhole)
        #expect(
            vault.vault.requests.map(\.target) == [
                "/certificates?api-version=7.4&maxresults=25",
                "/certificates?api-version=7.4&$skiptoken=one",
                "/certificates?api-version=7.4&$skiptoken=two",
                "/certificates?api-version=7.4&$skiptoken=three",
            ]
        )
    }

    @Test("A list without end is left after as many pages as were asked for")
    func endless() async throws {
        let link = "ORIGIN/certificates?$skiptoken=again"
        let vault = try vault([Self.page([Self.item("a")], next: link)])
        let list = try await vault.client.certificates(of: vault.web, pages: 3)
        #expect(list.pages == 3 && !list.isWhole)
        #expect(vault.vault.requests.count == 3)
    }

    @Test("A link that leads elsewhere ends it, and no token goes there")
    func elsewhere() async throws {
        let other = try ScriptedServer(answers: [ScriptedAnswer(200)])
        let vault = try vault([
            Self.page([Self.item("a")], next: "https://127.0.0.1:\(other.port)/certificates?x")
        ])
        let error = await #expect(throws: VaultError.self) {
            try await vault.client.certificates(of: vault.web, pages: 3)
        }
        #expect(error?.kind == .malformed)
        #expect(
            error?.description == "list certificates from kv.vault.localhost: "
                + "unusable answer: its nextLink leads elsewhere"
        )
        #expect(other.requests.isEmpty && vault.vault.requests.count == 1)
    }

    @Test(
        "Only the same list of the same server goes on",
        arguments: [
            ("https://kv.vault.localhost/certificates?a=1&$skiptoken=x", "a=1&$skiptoken=x"),
            ("https://kv.vault.localhost:443/certificates?a=1", "a=1"),
            ("HTTPS://KV.vault.localhost:443/Certificates?A=1", "A=1"),
            ("https://kv.vault.localhost:8443/certificates?a=1", nil),
            ("http://kv.vault.localhost/certificates?a=1", nil),
            ("https://kv.vault.localhost.evil.example/certificates?a=1", nil),
            ("https://kv.vault.localhost@evil.example/certificates?a=1", nil),
            ("https://evil.example/?https://kv.vault.localhost/certificates?a=1", nil),
            ("https://kv.vault.localhost/secrets?a=1", nil),
            ("https://kv.vault.localhost/certificates/../secrets?a=1", nil),
            ("https://kv.vault.localhost/certificates#?a=1", nil),
            ("https://kv.vault.localhost/certificates", nil),
            ("https://kv.vault.localhost/certificates?a=\u{7f}", nil),
            ("https://kv.vault.localhost/certificates?a=1 HTTP/1.1", nil),
            ("/certificates?a=1", nil),
            ("https://kv.vault.localhost/certificates?" + String(repeating: "a", count: 4096), nil),
        ] as [(String, String?)]
    )
    func links(link: String, query: String?) throws {
        let url = try url("https://kv.vault.localhost/secrets/web")
        let found = try? CertificatePage.query(of: link, from: url)
        #expect(found == query)
    }

    @Test("What makes no sense, or contradicts itself, counts as not listed")
    func oddItems() async throws {
        let vault = try vault([
            Self.page([
                Self.item("twice"), Self.item("good"), "{}", "null", "7",
                Self.item("twice", x5t: "AAAAAAAAAAAAAAAAAAAAAAAAAAA"), Self.item("twice"),
                Self.item("good"), Self.item("a/b"),
                #"{"id":"https://other.vault.localhost/certificates/x","attributes":{}}"#,
                #"{"id":"https://kv.vault.localhost/secrets/x","attributes":{}}"#,
            ])
        ])
        let list = try await vault.client.certificates(of: vault.web, pages: 1)
        #expect(list.items.keys.sorted() == ["good"])
    }
}
