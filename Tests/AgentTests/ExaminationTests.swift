import Foundation
import History
import PKI
import Sensitive
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("What is found in a secret")
struct ExaminationTests {
    /// How the `openssl` program makes a certificate, and what is found in it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let arguments: [String]
        let findings: [String]

        init(_ arguments: String, _ findings: String...) {
            testDescription = arguments
            self.arguments = arguments.split(separator: " ").map(String.init)
            self.findings = findings
        }
    }

    @Test(
        "Keys and signatures that are too weak, and no others",
        arguments: [
            Case("-newkey rsa:2048 -sha256"), Case("-newkey rsa:3072 -sha512"),
            Case("-newkey ec -pkeyopt ec_paramgen_curve:P-256 -sha256"),
            Case("-newkey ed25519"),
            Case(
                "-newkey rsa:1024 -sha256",
                "weakKey: its key is RSA 1024, of less than 2048 bits"
            ),
            Case(
                "-newkey ec -pkeyopt ec_paramgen_curve:secp224r1 -sha256",
                "weakKey: its key is EC secp224r1, of 224 bits"
            ),
            Case(
                "-newkey rsa:2048 -sha1",
                "weakSignature: it is signed with sha1WithRSAEncryption"
            ),
            Case("-newkey rsa:2048 -md5", "weakSignature: it is signed with md5WithRSAEncryption"),
            Case(
                "-newkey rsa:2048 -sha1 -sigopt rsa_padding_mode:pss",
                "weakSignature: it is signed with rsassaPss"
            ),
            Case("-newkey rsa:2048 -sha256 -sigopt rsa_padding_mode:pss"),
            Case(
                "-newkey ec -pkeyopt ec_paramgen_curve:P-384 -sha1",
                "weakSignature: it is signed with ecdsa-with-SHA1"
            ),
        ]
    )
    func weak(example: Case) async throws {
        try await withTemporaryDirectory { directory in
            let (key, certificate) = (directory.appending("k"), directory.appending("c"))
            let made = try await runCommand(
                ["openssl", "req", "-x509", "-noenc", "-days", "9", "-subj", "/CN=weak"]
                    + example.arguments + ["-keyout", key.string, "-out", certificate.string]
            )
            #expect(made.status == 0, "\(made.errors)")
            let found = try Self.findings(try readText(key) + readText(certificate))
            #expect(found == example.findings)
        }
    }

    @Test("A chain that stops short, and one in another order")
    func chain() throws {
        let issued = try CertificateAuthority.create(named: "Contoso").issue(
            CertificateRequest(
                subject: "CN=web",
                dnsNames: ["web"],
                algorithm: .p256,
                notBefore: Date(timeIntervalSinceNow: -60),
                notAfter: Date(timeIntervalSinceNow: 3600)
            )
        )
        let (leaf, chain) = (issued.certificateDER, issued.chainDER)
        func findings(_ certificates: [[UInt8]]) throws -> [String] {
            let key = issued.key.pem.withBytes { span in span.indices.map { span[$0] } }
            return try Self.findings(
                String(decoding: key, as: UTF8.self) + encodePEM(certificates: certificates)
            )
        }
        #expect(try findings([leaf] + chain) == [])
        #expect(
            try findings([leaf]) == [
                "incompleteChain: an intermediate is missing: the chain does not lead to its root"
            ]
        )
        #expect(
            try findings([leaf] + chain.reversed()) == [
                "unorderedChain: the vault has it in another order than leaf, issuer, and so on"
            ]
        )
    }

    private static func findings(_ pem: String) throws -> [String] {
        let bundle = try CertificateBundle(
            secret: SensitiveBytes(copying: Array(pem.utf8)),
            contentType: "application/x-pem-file"
        )
        return Examination.findings(of: bundle).map { "\($0.rule): \($0.message)" }
    }
}
