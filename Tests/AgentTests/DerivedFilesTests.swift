import Foundation
import PKI
import Sensitive
import Store
import SystemPackage
import Testing
import TestSupport

@testable import Agent

@Suite("Files made of the PEM files")
struct DerivedFilesTests {
    /// A version's PEM files, and what lies beside them.
    private struct Version {
        let pem: [VersionFile]
        var disk: [String: SensitiveBytes] = [:]

        init() throws {
            let issued = try CertificateAuthority.create(named: "Contoso").issue(
                CertificateRequest(
                    subject: "CN=web.example",
                    dnsNames: ["web.example"],
                    algorithm: .p256,
                    notBefore: Date(timeIntervalSince1970: 1_700_000_000),
                    notAfter: Date(timeIntervalSince1970: 1_900_000_000)
                )
            )
            let text = encodePEM(certificates: [issued.certificateDER] + issued.chainDER)
            let parts = [SensitiveBytes(copying: text.utf8), issued.key.pem]
            let secret = parts.flatMap { part in
                part.withBytes { span in span.indices.map { span[$0] } }
            }
            pem = VersionFile.all(
                of: try CertificateBundle(
                    secret: SensitiveBytes(copying: secret),
                    contentType: "application/x-pem-file"
                )
            )
        }

        func text(_ name: String) throws -> String {
            let file = try #require(pem.first { $0.name == name })
            return String(decoding: DerivedFilesTests.array(file.contents.bytes), as: UTF8.self)
        }

        /// What is made, which then lies on the disk.
        mutating func make(_ derived: DerivedFiles) throws -> [VersionFile] {
            let files = try derived.make(from: pem) { disk[$0] }
            disk = Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.contents.bytes) })
            return files
        }

        func isInPlace(_ derived: DerivedFiles) throws -> Bool {
            try derived.misplaced(beside: pem) { disk[$0] }.isEmpty
        }
    }

    private static func array(_ bytes: SensitiveBytes) -> [UInt8] {
        bytes.withBytes { span in span.indices.map { span[$0] } }
    }

    private static func derived(
        _ formats: Set<FileFormat>,
        _ pkcs12: PKCS12Settings = PKCS12Settings()
    ) throws -> DerivedFiles {
        let text = """
            secretsManagementSettings:
              observedCertificates: [{url: https://a.vault.azure.net/secrets/web, name: web}]
            """
        var certificate = try Settings.parse(text, file: "kvagent.yaml").certificates[0]
        certificate.formats = formats
        certificate.pkcs12 = pkcs12
        return DerivedFiles(certificate: certificate, version: String(repeating: "a", count: 32))
    }

    @Test("Each format has its files, and those with a key in them are secret")
    func files() throws {
        var version = try Version()
        let files = try version.make(Self.derived([.der, .haproxy, .pkcs12]))
        #expect(
            Dictionary(uniqueKeysWithValues: files.map { ($0.name, $0.isSecret) })
                == ["bundle.p12": true, "web.pem": true, "cert.der": false, "privkey.der": true]
        )
        let haproxy = try #require(files.first { $0.name == "web.pem" })
        #expect(
            String(decoding: Self.array(haproxy.contents.bytes), as: UTF8.self)
                == (try version.text("fullchain.pem") + version.text("privkey.pem"))
        )
        let der = try #require(files.first { $0.name == "privkey.der" })
        let lines = try version.text("privkey.pem").split(separator: "\n")
            .filter { !$0.hasPrefix("-----") }
        #expect(Data(Self.array(der.contents.bytes)) == Data(base64Encoded: lines.joined()))
        #expect(try version.isInPlace(Self.derived([.der, .haproxy, .pkcs12])))
        #expect(try version.make(Self.derived([])).isEmpty)
    }

    @Test(
        "A PKCS#12 file that is right stays as it is; another alias or encryption makes a new one"
    )
    func reuse() throws {
        var version = try Version()
        let derived = try Self.derived([.pkcs12])
        let first = try version.make(derived)[0].contents.bytes
        #expect(try version.make(derived)[0].contents.bytes == first)
        for other in [
            PKCS12Settings(encryption: .legacy), PKCS12Settings(alias: "Other"),
        ] {
            let derived = try Self.derived([.pkcs12], other)
            let before = try #require(version.disk["bundle.p12"])
            #expect(try !version.isInPlace(derived))
            #expect(try version.make(derived)[0].contents.bytes != before)
            #expect(try version.isInPlace(derived))
        }
    }

    @Test("Another password makes a new file; one that can't be read leaves what is there alone")
    func password() throws {
        try withTemporaryDirectory { directory in
            var version = try Version()
            let file = directory.appending("password")
            let derived = try Self.derived([.pkcs12], PKCS12Settings(passwordFile: file))
            #expect(throws: StoreError.self) { try version.make(derived) }
            #expect(try !version.isInPlace(derived))
            try writeFile(file, "one\n", mode: 0o600)
            _ = try version.make(derived)
            #expect(try version.isInPlace(derived))
            try writeFile(file, "two\n", mode: 0o600)
            #expect(try !version.isInPlace(derived))
            removeTree(file)
            #expect(try version.isInPlace(derived))
            #expect(throws: StoreError.self) { try version.make(derived) }
        }
    }

    @Test(
        "A file that is missing or altered is not in place",
        arguments: ["bundle.p12", "web.pem", "cert.der", "privkey.der"]
    )
    func damage(name: String) throws {
        var version = try Version()
        let derived = try Self.derived([.pkcs12, .haproxy, .der])
        _ = try version.make(derived)
        let whole = try #require(version.disk[name])
        for damaged in [nil, SensitiveBytes(copying: Self.array(whole) + [0])] {
            version.disk[name] = damaged
            #expect(try !version.isInPlace(derived))
        }
        _ = try version.make(derived)
        #expect(try version.isInPlace(derived))
    }
}
