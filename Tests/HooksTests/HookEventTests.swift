import FoundationEssentials
import Hooks
import Testing

@Suite("What a hook is told")
struct HookEventTests {
    @Test("One certificate: every variable of the contract, and no other")
    func oneCertificate() {
        let directory = "/var/lib/kvagent/certs/web/current"
        let previous = String(repeating: "c", count: 32)
        let event = Fixture.event(.deploy, [Fixture.certificate(previous: previous)])
        #expect(
            event.environment() == [
                "KVAGENT_PHASE": "deploy",
                "KVAGENT_TRIGGER": "poll",
                "KVAGENT_CERTIFICATE": "web",
                "KVAGENT_VERSION": String(repeating: "a", count: 32),
                "KVAGENT_PREVIOUS_VERSION": previous,
                "KVAGENT_THUMBPRINT": "0123456789ABCDEF0123456789ABCDEF01234567",
                "KVAGENT_SHA256": String(repeating: "b", count: 64),
                "KVAGENT_DIRECTORY": directory,
                "KVAGENT_PRIVKEY": "\(directory)/privkey.pem",
                "KVAGENT_CERT": "\(directory)/cert.pem",
                "KVAGENT_CHAIN": "\(directory)/chain.pem",
                "KVAGENT_FULLCHAIN": "\(directory)/fullchain.pem",
                "KVAGENT_BUNDLE": "\(directory)/bundle.pem",
                "KVAGENT_NOT_AFTER": "2026-11-24T07:20:00Z",
                "KVAGENT_DOMAINS": "www.contoso.com *.contoso.com",
                "KVAGENT_ATTEMPT": "2",
                "KVAGENT_RUN_ID": "run-1",
                "KVAGENT_CERTIFICATES": "web",
                "RENEWED_LINEAGE": directory,
                "RENEWED_DOMAINS": "www.contoso.com *.contoso.com",
            ]
        )
    }

    @Test("Several certificates: their names, and nothing that belongs to one of them")
    func severalCertificates() {
        let event = Fixture.event(.reload, [Fixture.certificate(), Fixture.certificate("mail")])
        #expect(
            event.environment() == [
                "KVAGENT_PHASE": "reload", "KVAGENT_TRIGGER": "poll", "KVAGENT_ATTEMPT": "2",
                "KVAGENT_RUN_ID": "run-1", "KVAGENT_CERTIFICATES": "web mail",
            ]
        )
    }

    @Test("The phase `failure` says why, bounded and without NUL characters")
    func failure() {
        let long = "read \0secret" + String(repeating: "x", count: 200_000)
        let variables = Fixture.event(.failure, error: long).environment()
        #expect(variables["KVAGENT_ERROR"]?.hasPrefix("read secretxxx") == true)
        #expect(variables["KVAGENT_ERROR"]?.utf8.count == 4095)
        #expect(Fixture.event(.failure).environment()["KVAGENT_ERROR"] == "")
        #expect(variables["KVAGENT_PREVIOUS_VERSION"] == "")
    }

    @Test("The JSON has camelCase keys, RFC 3339 dates and the whole batch, on one line")
    func json() throws {
        let certificates = [
            Fixture.certificate("a", previous: "p", domains: []), Fixture.certificate("b"),
        ]
        let bytes = Fixture.event(.failure, certificates, error: "two\nlines").json()
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.split(separator: "\n").count == 1 && text.hasSuffix("}\n"))
        #expect(text.contains(#""notAfter":"2026-11-24T07:20:00Z""#))
        #expect(text.contains(#""previousVersion":"p""#))
        #expect(text.contains(#""runId":"run-1""#) && text.contains(#""phase":"failure""#))
        #expect(text.contains(#""url":"https://contoso.vault.azure.net/secrets/a""#))
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        let back = try decoder.decode(HookEvent.self, from: Data(bytes))
        #expect(back == Fixture.event(.failure, certificates, error: "two\nlines"))
    }
}
