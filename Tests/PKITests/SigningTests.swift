import PKI
import Sensitive
import Testing

@Suite("Signatures of tokens")
struct SigningTests {
    private static let message = Array("header.claims".utf8)

    private static let options: [SignatureScheme: [String]] = [
        .rs256: [],
        .ps256: ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"],
    ]

    private static func issue(_ algorithm: KeyAlgorithm) throws -> IssuedCertificate {
        try CertificateAuthority.selfSigned(Samples.request(algorithm: algorithm))
    }

    @Test(
        "What is signed verifies with openssl, by the scheme alone",
        arguments: SignatureScheme.allCases
    )
    func signed(scheme: SignatureScheme) throws {
        let issued = try Self.issue(.rsa(bits: 2048))
        let signature = try issued.key.signature(of: Self.message, by: scheme)
        let openssl = try OpenSSLCommand()
        try openssl.write(encodePEM(certificates: [issued.certificateDER]).utf8, to: "cert.pem")
        try openssl.write(Self.message, to: "message")
        try openssl.write(signature, to: "signature")
        try openssl.run("x509", "-in", "cert.pem", "-pubkey", "-noout", "-out", "key.pem")
        for (each, options) in Self.options {
            let command =
                ["dgst", "-sha256"] + options
                + ["-verify", "key.pem", "-signature", "signature", "message"]
            if each == scheme {
                try openssl.run(command)
            } else {
                #expect(throws: OpenSSLCommand.Failure.self) { try openssl.run(command) }
            }
        }
    }

    @Test("What openssl signs verifies, and nothing else does", arguments: SignatureScheme.allCases)
    func verified(scheme: SignatureScheme) throws {
        let openssl = try OpenSSLCommand()
        try openssl.run("genrsa", "-out", "key.pem", "2048")
        try openssl.run("rsa", "-in", "key.pem", "-pubout", "-out", "public.pem")
        try openssl.write(Self.message, to: "message")
        try openssl.run(
            ["dgst", "-sha256"] + (Self.options[scheme] ?? [])
                + ["-sign", "key.pem", "-out", "signature", "message"]
        )
        let signature = try openssl.read("signature")
        let text = String(decoding: try openssl.read("public.pem"), as: UTF8.self)
        let key = try PublicKey(pem: text)
        #expect(key.verifies(signature, of: Self.message, by: scheme))
        for other in SignatureScheme.allCases where other != scheme {
            #expect(!key.verifies(signature, of: Self.message, by: other))
        }
        #expect(!key.verifies(signature, of: Self.message + [0], by: scheme))
        #expect(!key.verifies(Array(signature.dropLast()), of: Self.message, by: scheme))
        #expect(!key.verifies([], of: Self.message, by: scheme))
        let stranger = try PublicKey(certificateDER: Self.issue(.rsa(bits: 2048)).certificateDER)
        #expect(!stranger.verifies(signature, of: Self.message, by: scheme))
    }

    @Test("A key that is not RSA neither signs nor verifies")
    func otherKey() throws {
        let issued = try Self.issue(.p256)
        #expect(throws: CertificateError.badKey("PS256 needs an RSA key")) {
            try issued.key.signature(of: Self.message, by: .ps256)
        }
        let key = try PublicKey(certificateDER: issued.certificateDER)
        #expect(!key.verifies([UInt8](repeating: 1, count: 64), of: Self.message, by: .ps256))
    }

    @Test("A text without a key is told as that", arguments: ["", "no PEM", "-----BEGIN X-----"])
    func noKey(text: String) {
        #expect(throws: CertificateError.self) { try PublicKey(pem: text) }
    }
}
