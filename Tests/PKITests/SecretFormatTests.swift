import Foundation
import PKI
import Sensitive
import Testing

@Suite("Secret format")
struct SecretFormatTests {
    @Test(
        "A certificate is known by its content where the content type does not say it",
        arguments: [nil, "", "text/plain", "application/octet-stream", "password"]
    )
    func sniffing(contentType: String?) throws {
        let issued = try Samples.issue()
        let secrets = [
            try Samples.pkcs12(issued.key, issued.certificates),
            Samples.secret(issued.key.pem.text + encodePEM(certificates: issued.certificates)),
        ]
        for secret in secrets {
            let bundle = try CertificateBundle(secret: secret, contentType: contentType)
            #expect(bundle.leaf == issued.facts)
        }
    }

    @Test(
        "The content wins over a content type that says the other format",
        arguments: ["application/x-pkcs12", "application/x-pem-file", "Application/X-PKCS12; v=1"]
    )
    func contradiction(contentType: String) throws {
        let issued = try Samples.issue()
        let pfx = try Samples.pkcs12(issued.key, issued.certificates)
        let pem = Samples.secret(issued.key.pem.text + encodePEM(certificates: issued.certificates))
        for secret in [pfx, pem] {
            let bundle = try CertificateBundle(secret: secret, contentType: contentType)
            #expect(bundle.leaf == issued.facts)
        }
    }

    @Test(
        "A plain secret is no certificate",
        arguments: [
            "Pa$$w0rd", "", " ", "DEF456==", "aGVsbG8gd29ybGQ=", "{\"user\": \"a\"}",
            "-----BEGIN", "MIIB", "ünïcödé", "\u{0}\u{1}",
        ],
        [nil, "password", "text/plain"]
    )
    func plain(text: String, contentType: String?) throws {
        let error = #expect(throws: CertificateError.self) {
            try CertificateBundle(secret: Samples.secret(text), contentType: contentType)
        }
        #expect(error?.isPlainSecret == true)
        #expect(text.count < 4 || error?.description.contains(text) == false)
    }

    @Test("A private key alone is a plain secret, unless it says that it is a certificate's")
    func keyAlone() throws {
        let key = try PrivateKey(generating: .p256)
        let error = #expect(throws: CertificateError.self) {
            try CertificateBundle(secret: key.pem, contentType: nil)
        }
        #expect(error == .notACertificate("a private key without a certificate"))
    }

    @Test("A content type is shown short and without control characters")
    func contentType() {
        let type = "text/\n\u{1B}[31m" + String(repeating: "x", count: 1_000)
        let error = #expect(throws: CertificateError.self) {
            try CertificateBundle(secret: Samples.secret("x"), contentType: type)
        }
        let text = error?.description ?? ""
        #expect(text.contains("text/??[31m") && text.count < 140)
    }

    @Test("White space in base64 is passed over", arguments: ["\n", "\r\n", " ", "\t\n"])
    func whiteSpace(space: String) throws {
        let issued = try Samples.issue()
        let text = try Samples.pkcs12(issued.key, issued.certificates).text
        var lines = space
        for (index, character) in text.enumerated() {
            lines.append(character)
            if index % 64 == 63 { lines += space }
        }
        let bundle = try Samples.bundle(Samples.secret(lines + space))
        #expect(bundle.leaf == issued.facts)
    }

    @Test(
        "What claims to be PKCS#12 and is not base64 is damaged",
        arguments: ["", "hunter2!", "MIIK=AAA", "MIIKA", "MII=====", "====", "MIIK CAIB é"]
    )
    func badBase64(text: String) {
        #expect(throws: CertificateError.badBase64) {
            try CertificateBundle(
                secret: Samples.secret(text),
                contentType: "application/x-pkcs12"
            )
        }
    }

    @Test("What claims to be PEM and has no block is damaged")
    func noBlock() {
        #expect(throws: CertificateError.badPEM("it has no block")) {
            try CertificateBundle(
                secret: Samples.secret("hello"),
                contentType: "application/x-pem-file"
            )
        }
    }

    @Test("A truncated PFX is refused at every length")
    func truncation() throws {
        let issued = try Samples.issue()
        let text = try Samples.pkcs12(issued.key, issued.certificates).text
        for length in stride(from: 4, to: text.count - 4, by: 48) {
            let error = #expect(throws: CertificateError.self) {
                try Samples.bundle(Samples.secret(String(text.prefix(length / 4 * 4))))
            }
            guard case .badPKCS12 = error else {
                Issue.record("length \(length): \(String(describing: error))")
                return
            }
        }
    }
}
