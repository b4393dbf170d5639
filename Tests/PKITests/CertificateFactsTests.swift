import Foundation
import PKI
import Sensitive
import Testing

@Suite("Certificate facts")
struct CertificateFactsTests {
    private func facts(_ request: CertificateRequest) throws -> CertificateFacts {
        try CertificateAuthority.selfSigned(request).facts
    }

    @Test(
        "A subject reads as it was written",
        arguments: [
            ("www.contoso.com", "CN=www.contoso.com"),
            ("CN=www.contoso.com, O=Contoso, C=US", "CN=www.contoso.com,O=Contoso,C=US"),
            ("CN=x,S=Zürich,L=北京", "CN=x,ST=Zürich,L=北京"),
            ("CN=Contoso\\, Inc., OU=a\\=b", "CN=Contoso\\, Inc.,OU=a=b"),
            ("CN=a=b", "CN=a=b"),
            ("CN=a\nb", "CN=a\\0Ab"),
        ]
    )
    func subject(written: String, read: String) throws {
        let facts = try facts(Samples.request(written))
        #expect(facts.subject == read && facts.issuer == read && facts.isSelfIssued)
    }

    @Test("Names come in order, lower case, addresses as text")
    func names() throws {
        let written = ["WWW.Contoso.com", "*.contoso.com", "192.0.2.7", "2001:db8::1"]
        let facts = try facts(Samples.request(dnsNames: written))
        #expect(facts.dnsNames == ["www.contoso.com", "*.contoso.com", "192.0.2.7", "2001:db8::1"])
        #expect(try self.facts(Samples.request(dnsNames: [])).dnsNames.isEmpty)
    }

    @Test("A hostile name can neither split a list nor a line")
    func hostileNames() throws {
        let names = ["a b", "a\nb", "a\u{0}b", "ä", "a,DNS:b"]
        let facts = try facts(Samples.request(dnsNames: names))
        #expect(facts.dnsNames == ["a?b", "a?b", "a?b", "??", "a,dns:b"])
    }

    @Test(
        "Dates are to the second, also beyond 2050 and before 1970",
        arguments: [
            (-1_000_000_000.0, 10_000_000_000.0), (0, 2_524_608_000),
            (1_636_058_681, 1_667_595_281),
        ]
    )
    func dates(from: TimeInterval, to: TimeInterval) throws {
        var request = Samples.request()
        request.notBefore = Date(timeIntervalSince1970: from)
        request.notAfter = Date(timeIntervalSince1970: to)
        let facts = try facts(request)
        #expect(facts.notBefore == request.notBefore && facts.notAfter == request.notAfter)
    }

    @Test("PEM and DER give the same facts, and an authority is known as one")
    func forms() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let issued = try authority.issue(Samples.request())
        #expect(try CertificateFacts(der: issued.certificateDER) == issued.facts)
        let pem = encodePEM(certificates: issued.certificates)
        #expect(try CertificateFacts(pem: pem) == issued.facts)
        #expect(!issued.facts.isAuthority && !issued.facts.isSelfIssued)
        let root = try CertificateFacts(pem: authority.rootPEM)
        #expect(root.isAuthority && root.isSelfIssued && root.keyType == "EC P-256")
    }

    @Test("What is no certificate gives an error")
    func garbage() throws {
        let der = try Samples.issue().certificateDER
        for broken in [[], [0x30], Array(der.dropLast()), der + [0]] {
            #expect(throws: CertificateError.self) { try CertificateFacts(der: broken) }
        }
        #expect(throws: CertificateError.noCertificate) { try CertificateFacts(pem: "hello") }
    }

    @Test("Hashes are those of the standard")
    func hashes() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(sha256Hex(Array("abc".utf8)) == abc)
        #expect(sha256Hex("abc".utf8) == abc)
        #expect(sha256Hex(Samples.secret("abc")) == abc)
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        #expect(sha256Hex([]) == empty && sha256Hex(Samples.secret("")) == empty)
    }
}
