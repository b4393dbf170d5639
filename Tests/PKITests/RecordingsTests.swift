import Foundation
import PKI
import Sensitive
import Testing

/// The folder of recorded Key Vault answers, where there is one.
private let recordings = ProcessInfo.processInfo.environment["KVAGENT_RECORDINGS"]

/// What Key Vault really sent, recorded by Microsoft's own test suites.
@Suite(
    "Recordings",
    .enabled(if: recordings != nil, "KVAGENT_RECORDINGS names no folder of recorded answers")
)
struct RecordingsTests {
    private let folder = URL(filePath: recordings ?? "")

    private struct Exchange: Decodable {
        let file: String
        let url: String
        let status: Int
        let body: String?
    }

    private struct Body: Decodable {
        let id: String?
        let value: String?
        let contentType: String?
        let managed: Bool?
        let x5t: String?
    }

    /// The answers of 200 whose body has the fields of interest.
    private func answers() throws -> [(exchange: Exchange, body: Body)] {
        let text = try Data(contentsOf: folder.appending(path: "exchanges.jsonl"))
        return try text.split(separator: UInt8(ascii: "\n")).compactMap { line in
            let exchange = try JSONDecoder().decode(Exchange.self, from: Data(line))
            guard exchange.status == 200, let body = exchange.body else { return nil }
            // Lists, tokens and deleted objects have other fields, or a `value` of another type.
            guard let body = try? JSONDecoder().decode(Body.self, from: Data(body.utf8)) else {
                return nil
            }
            return (exchange, body)
        }
    }

    private func sample(_ name: String) throws -> SensitiveBytes {
        let file = try Data(contentsOf: folder.appending(path: "samples/\(name)"))
        return Samples.secret(file.base64EncodedString())
    }

    @Test(
        "Every sample with a key gives its certificate",
        arguments: [
            "cpp-DownloadImportPkcs.pfx", "net-selfSignedCert01.pfx", "net-importCert01.pfx",
        ]
    )
    func samples(name: String) throws {
        let bundle = try Samples.bundle(try sample(name))
        let openssl = try OpenSSLCommand()
        try openssl.write(bundle.certificatePEM.utf8, to: "cert.pem")
        try openssl.write(bundle.privateKeyPEM.bytes, to: "privkey.pem")
        let certified = try openssl.run("x509", "-in", "cert.pem", "-noout", "-pubkey")
        #expect(try openssl.run("pkey", "-in", "privkey.pem", "-pubout") == certified)
        #expect(bundle.leaf.keyType == "RSA 2048")
    }

    @Test("The sample of a certificate that is not exportable has no key")
    func notExportable() throws {
        let secret = try sample("net-NonExportable-RSA.pfx")
        #expect(throws: CertificateError.noPrivateKey) { try Samples.bundle(secret) }
        #expect(try decodeImport(secret, password: nil).certificates.count == 1)
    }

    @Test("There is a test for every sample")
    func allSamples() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: folder.appending(path: "samples").path()
        )
        #expect(
            files.sorted() == [
                "cpp-DownloadImportPkcs.pfx", "net-NonExportable-RSA.pfx", "net-importCert01.pfx",
                "net-selfSignedCert01.pfx",
            ]
        )
    }

    @Test("Every recorded secret is a certificate or a plain one, as it says itself")
    func secrets() throws {
        let secrets = try answers().filter { $0.exchange.url.contains("/secrets") }
        var (certificates, plain, withoutValue) = (0, 0, 0)
        for (exchange, body) in secrets {
            guard let value = body.value else {
                withoutValue += 1
                continue
            }
            let secret = Samples.secret(value)
            if body.managed == true {
                certificates += 1
                let bundle = try CertificateBundle(secret: secret, contentType: body.contentType)
                #expect(bundle.leaf.thumbprint.count == 40, "\(exchange.file)")
            } else {
                plain += 1
                let error = #expect(throws: CertificateError.self) {
                    try CertificateBundle(secret: secret, contentType: body.contentType)
                }
                #expect(error?.isPlainSecret == true, "\(exchange.file)")
            }
        }
        #expect(certificates == 4 && plain == 15 && withoutValue == 0)
    }

    @Test("The thumbprint is the one that the vault gives for the same version")
    func thumbprints() throws {
        let answers = try answers()
        var thumbprints: [Substring: String] = [:]
        for (_, body) in answers {
            guard let id = body.id, let x5t = body.x5t else { continue }
            let base64 = x5t.replacing("-", with: "+").replacing("_", with: "/") + "="
            let digest = try #require(Data(base64Encoded: base64))
            let version = try #require(id.split(separator: "/").last)
            thumbprints[version] = digest.map { String(format: "%02X", $0) }.joined()
        }
        var compared = 0
        for (_, body) in answers where body.managed == true {
            guard let value = body.value, let version = body.id?.split(separator: "/").last else {
                continue
            }
            guard let thumbprint = thumbprints[version] else { continue }
            #expect(try Samples.bundle(Samples.secret(value)).leaf.thumbprint == thumbprint)
            compared += 1
        }
        #expect(compared == 1)
    }
}
