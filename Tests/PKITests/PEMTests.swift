import PKI
import Sensitive
import Testing

@Suite("PEM")
struct PEMTests {
    private let issued: IssuedCertificate
    private let certificates: String
    private let key: String

    init() throws {
        issued = try Samples.issue()
        certificates = encodePEM(certificates: issued.certificates)
        key = issued.key.pem.text
    }

    private func bundle(_ text: String) throws -> CertificateBundle {
        try Samples.bundle(Samples.secret(text))
    }

    @Test("The key may stand first, last, or between")
    func position() throws {
        let leaf = encodePEM(certificates: [issued.certificateDER])
        let chain = encodePEM(certificates: issued.chainDER)
        for text in [key + certificates, certificates + key, chain + key + leaf] {
            #expect(try bundle(text).leaf == issued.facts)
        }
    }

    @Test("Line ends may be CRLF, and the last may be missing")
    func lineEnds() throws {
        let text = (key + certificates).replacing("\n", with: "\r\n")
        #expect(try bundle(text).chain.count == 2)
        #expect(try bundle(String(text.dropLast(1))).chain.count == 2)
        #expect(try bundle(String((key + certificates).dropLast(1))).chain.count == 2)
    }

    @Test("Comments, attributes, blank lines and a byte order mark are passed over")
    func comments() throws {
        let attributes = """
            Bag Attributes
                localKeyID: 01 00 00 00
                friendlyName: \(String(repeating: "long ", count: 200))
            Key Attributes: <No Attributes>

            """
        let subject = "subject=CN = www.contoso.com\n\n# Zürich, -----BEGIN nothing\n"
        let text = "\u{FEFF}" + key + attributes + subject + certificates + "\n\nthe end"
        let bundle = try bundle(text)
        #expect(bundle.leaf == issued.facts && bundle.chain.count == 2)
        #expect(!bundle.bundlePEM.text.contains("friendlyName"))
    }

    @Test("Blocks of other kinds are passed over")
    func otherBlocks() throws {
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
        #expect(try bundle(parameters + key + certificates).leaf == issued.facts)
    }

    @Test("PKCS#1 and SEC 1 keys become PKCS#8", arguments: [KeyAlgorithm.rsa(bits: 2048), .p384])
    func traditional(algorithm: KeyAlgorithm) throws {
        let openssl = try OpenSSLCommand()
        let issued = try Samples.issue(Samples.request(algorithm: algorithm))
        try openssl.write(issued.key.pem.bytes, to: "key.pem")
        let text = try openssl.run("pkey", "-in", "key.pem", "-traditional")
        #expect(text.contains("BEGIN RSA PRIVATE KEY") || text.contains("BEGIN EC PRIVATE KEY"))
        let bundle = try bundle(encodePEM(certificates: issued.certificates) + text)
        #expect(bundle.privateKeyPEM == issued.key.pem)
    }

    @Test("A trusted certificate loses its trust settings and keeps its bytes")
    func trusted() throws {
        let openssl = try OpenSSLCommand()
        try openssl.write(encodePEM(certificates: [issued.certificateDER]).utf8, to: "cert.pem")
        let text = try openssl.run("x509", "-in", "cert.pem", "-trustout", "-setalias", "web")
        #expect(text.contains("BEGIN TRUSTED CERTIFICATE"))
        let bundle = try bundle(key + text)
        #expect(bundle.certificatePEM == encodePEM(certificates: [issued.certificateDER]))
    }

    @Test(
        "An encrypted key is refused, whichever way it is",
        arguments: ["-traditional", "-verbose"]
    )
    func encrypted(form: String) throws {
        let openssl = try OpenSSLCommand()
        try openssl.write(key.utf8, to: "key.pem")
        let text =
            form == "-traditional"
            ? try openssl.run(
                "pkey",
                "-in",
                "key.pem",
                "-traditional",
                "-aes128",
                "-passout",
                "pass:hunter2"
            )
            : try openssl.run("pkey", "-in", "key.pem", "-aes128", "-passout", "pass:hunter2")
        #expect(throws: CertificateError.badKey("it is encrypted with a password")) {
            try bundle(certificates + text)
        }
    }

    @Test("A block that is cut off or no base64 is refused")
    func damaged() throws {
        let damages = [
            key + String(certificates.dropLast(30)),
            key + certificates.replacing("-----END CERTIFICATE-----", with: ""),
            key.replacing("M", with: "!") + certificates,
            key.replacing("PRIVATE KEY", with: "PUBLIC KEY").replacing("-----END PUBLIC", with: "x")
                + certificates,
        ]
        for text in damages {
            let error = #expect(throws: CertificateError.self) { try bundle(text) }
            guard case .badPEM = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("A block whose contents are not what its label says is refused")
    func mislabelled() throws {
        let swapped = certificates.replacing("CERTIFICATE", with: "PRIVATE KEY")
        let keyError = #expect(throws: CertificateError.self) { try bundle(certificates + swapped) }
        guard case .badKey = keyError else {
            Issue.record("\(String(describing: keyError))")
            return
        }
        let fake = key.replacing("PRIVATE KEY", with: "CERTIFICATE")
        let error = #expect(throws: CertificateError.self) { try bundle(key + fake) }
        guard case .badCertificate = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("A key of a kind that no server takes is refused")
    func unsupported() throws {
        let text = key.replacing("PRIVATE KEY", with: "OPENSSH PRIVATE KEY") + certificates
        #expect(throws: CertificateError.badKey("its kind is not supported")) { try bundle(text) }
    }
}
