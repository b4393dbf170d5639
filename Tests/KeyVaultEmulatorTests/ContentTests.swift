import FoundationEssentials
import PKI
import Sensitive
import Testing

@testable import KeyVaultEmulator

@Suite("The versions of certificates")
struct ContentTests {
    /// An emulator with one certificate, `web` in `kv`.
    private func run(
        _ options: CertificateOptions = .quick,
        _ body: (Bench) async throws -> Void
    ) async throws {
        try await Bench.run { bench in
            try await bench.emulator.createCertificate(vault: "kv", name: "web", options)
            try await body(bench)
        }
    }

    @Test(
        "a certificate has its key, its names and its whole chain",
        arguments: [
            SecretContentType.pkcs12, .pem,
        ]
    )
    func good(_ contentType: SecretContentType) async throws {
        var options = CertificateOptions.quick
        options.contentType = contentType
        try await run(options) { bench in
            let bundle = try await bench.bundle("web")
            #expect(bundle.leaf.dnsNames == ["www.contoso.com"])
            #expect(bundle.chain.count == 2)
            #expect(bundle.isChainComplete)
        }
    }

    @Test(
        "the kinds of key and of encryption are what was asked for",
        arguments: [
            (CertificateOptions.Key.rsa2048, CertificateOptions.Cipher.tripleDES, "RSA 2048"),
            (.p384, .aes256, "EC P-384"), (.p256, .rc2, "EC P-256"),
        ]
    )
    func kinds(
        _ key: CertificateOptions.Key,
        _ cipher: CertificateOptions.Cipher,
        _ description: String
    ) async throws {
        var options = CertificateOptions.quick
        options.key = key
        options.cipher = cipher
        try await run(options) { bench in
            let bundle = try await bench.bundle("web")
            #expect(bundle.leaf.keyType == description)
        }
    }

    @Test("a rotation keeps the policy and changes version, key and thumbprint")
    func rotate() async throws {
        try await run { bench in
            let old = try await bench.bundle("web")
            let version = try await bench.emulator.rotate(vault: "kv", name: "web")
            let new = try await bench.bundle("web")
            #expect(new.leaf.thumbprint != old.leaf.thumbprint)
            #expect(new.privateKeyPEM != old.privateKeyPEM)
            #expect(new.leaf.subject == old.leaf.subject)
            let answer = try await bench.ask("/certificates/web?api-version=7.4")
            #expect(answer.json?["id"]?.string?.hasSuffix(version) == true)
        }
    }

    @Test(
        "a version without a key, or with another's, or of garbage, gives no bundle",
        arguments: [
            (ContentFault.keyMissing, CertificateError.noPrivateKey), (.keyOfAnother, .keyMismatch),
        ]
    )
    func bad(_ fault: ContentFault, _ error: CertificateError) async throws {
        try await run { bench in
            try await bench.emulator.rotate(vault: "kv", name: "web", fault: fault)
            await #expect(throws: error) { try await bench.bundle("web") }
        }
    }

    @Test("a garbage value is neither base64 nor PEM")
    func garbage() async throws {
        try await run { bench in
            try await bench.emulator.rotate(vault: "kv", name: "web", fault: .garbageValue)
            await #expect(throws: CertificateError.self) { try await bench.bundle("web") }
        }
    }

    @Test("a fault that is set spoils the next rotation and no other")
    func setFault() async throws {
        try await run { bench in
            await bench.emulator.setFault(Fault(.leafOnly, vault: "kv", name: "web", count: 1))
            try await bench.emulator.rotate(vault: "kv", name: "web")
            #expect(try await bench.bundle("web").chain.isEmpty)
            try await bench.emulator.rotate(vault: "kv", name: "web")
            #expect(try await bench.bundle("web").chain.count == 2)
        }
    }

    @Test("a version can be over or not have begun, and is answered all the same")
    func dates() async throws {
        try await run { bench in
            try await bench.emulator.rotate(vault: "kv", name: "web", fault: .expired)
            let over = try await bench.bundle("web").leaf
            #expect(over.notAfter < Date())
            #expect(over.notBefore < over.notAfter)
            try await bench.emulator.rotate(vault: "kv", name: "web", fault: .notYetValid)
            #expect(try await bench.bundle("web").leaf.notBefore > Date())
        }
    }

    @Test("a chain in the wrong order is still whole")
    func shuffled() async throws {
        try await run { bench in
            try await bench.emulator.rotate(vault: "kv", name: "web", fault: .shuffledChain)
            let answer = try await bench.ask("/secrets/web?api-version=7.4")
            let value = try #require(answer.json?["value"]?.string)
            let order = try decodeImport(
                SensitiveBytes(copying: Array(value.utf8)),
                password: nil
            ).certificates.map { try CertificateFacts(der: $0) }
            #expect(order.map(\.isAuthority) == [true, false, true])
            #expect(order.first?.isSelfIssued == true)
            let bundle = try await bench.bundle("web")
            #expect(bundle.leaf.dnsNames == ["www.contoso.com"])
            #expect(bundle.isChainComplete)
        }
    }

    @Test("a key that is not exportable is not in the secret")
    func notExportable() async throws {
        var options = CertificateOptions.quick
        options.isExportable = false
        try await run(options) { bench in
            await #expect(throws: CertificateError.noPrivateKey) { try await bench.bundle("web") }
        }
    }

    @Test("the dates that were asked for are those of the certificate and of its attributes")
    func exactDates() async throws {
        var options = CertificateOptions.quick
        options.notBefore = Date(timeIntervalSince1970: 1_700_000_000)
        options.notAfter = Date(timeIntervalSince1970: 1_800_000_000)
        try await run(options) { bench in
            let leaf = try await bench.bundle("web").leaf
            #expect(leaf.notBefore == options.notBefore)
            let answer = try await bench.ask("/certificates/web?api-version=7.4")
            #expect(answer.json?["attributes"]?["exp"] == .integer(1_800_000_000))
        }
    }
}
