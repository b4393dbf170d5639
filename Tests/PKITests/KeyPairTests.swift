import PKI
import Sensitive
import Testing

@Suite("Key pair")
struct KeyPairTests {
    @Test("Of several keys the one that fits a certificate is taken", arguments: [0, 1, 2])
    func severalKeys(position: Int) throws {
        let issued = try Samples.issue()
        var keys = [try PrivateKey(generating: .p256), try PrivateKey(generating: .p384)]
        keys.insert(issued.key, at: position)
        let text = keys.map(\.pem.text).joined() + encodePEM(certificates: issued.certificates)
        let bundle = try Samples.bundle(Samples.secret(text))
        #expect(bundle.leaf == issued.facts && bundle.privateKeyPEM == issued.key.pem)
    }

    @Test("Of several pairs the end entity is taken")
    func endEntity() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let issued = try authority.issue(Samples.request())
        let text =
            authority.rootKey.pem.text + issued.key.pem.text + authority.intermediateKey.pem.text
            + encodePEM(certificates: issued.certificates.reversed())
        #expect(try Samples.bundle(Samples.secret(text)).leaf == issued.facts)
    }

    @Test("Two end entities of one key are refused, for it would be a guess")
    func ambiguous() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let first = try authority.issue(Samples.request())
        let second = try authority.issue(Samples.request("CN=api.contoso.com"), key: first.key)
        let secret = try Samples.pkcs12(first.key, [first.certificateDER, second.certificateDER])
        #expect(throws: CertificateError.ambiguousCertificate(2)) { try Samples.bundle(secret) }
    }

    @Test("A key whose halves do not belong together is refused")
    func brokenKey() throws {
        // SEC 1 with the private number of one key and the public point of another.
        let openssl = try OpenSSLCommand()
        let issued = try Samples.issue()
        try openssl.write(issued.key.pem.bytes, to: "key.pem")
        try openssl.run("ec", "-in", "key.pem", "-outform", "DER", "-out", "key.der")
        var der = try openssl.read("key.der")
        let number = try #require(der.firstIndex(of: 0x04)) + 2
        der[number + 31] ^= 1
        try openssl.write(der, to: "broken.der")
        try openssl.run("base64", "-in", "broken.der", "-out", "broken.txt")
        let body = String(decoding: try openssl.read("broken.txt"), as: UTF8.self)
        let text =
            "-----BEGIN EC PRIVATE KEY-----\n\(body)-----END EC PRIVATE KEY-----\n"
            + encodePEM(certificates: issued.certificates)
        let error = #expect(throws: CertificateError.self) {
            try Samples.bundle(Samples.secret(text))
        }
        guard case .badKey = error else {
            Issue.record("\(String(describing: error)) is no .badKey")
            return
        }
    }
}
