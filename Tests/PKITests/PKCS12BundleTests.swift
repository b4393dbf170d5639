import Foundation
import Sensitive
import Testing

@testable import PKI

@Suite("PKCS#12 files to install")
struct PKCS12BundleTests {
    private static func bundle(
        _ issued: IssuedCertificate,
        alias: String = "web",
        encryption: PKCS12Encryption = .modern,
        certificates: [[UInt8]]? = nil
    ) throws -> PKCS12Bundle {
        try PKCS12Bundle(
            key: issued.key.pem,
            certificates: Samples.secret(
                encodePEM(certificates: certificates ?? issued.certificates)
                    + issued.key.pem.text
            ),
            alias: alias,
            encryption: encryption
        )
    }

    @Test(
        "What is written is known again, and opens for the openssl program, under its alias",
        arguments: PKCS12Encryption.allCases,
        ["", "secret", "geh\u{E4}im \u{20AC} \u{1F511}"]
    )
    func roundTrip(encryption: PKCS12Encryption, password: String) throws {
        for algorithm in [KeyAlgorithm.rsa(bits: 2048), .p256, .p384, .p521] {
            let issued = try Samples.issue(Samples.request(algorithm: algorithm))
            let bundle = try Self.bundle(issued, alias: "Web 1", encryption: encryption)
            let file = try bundle.encoded(password: Samples.secret(password))
            #expect(bundle.isHeld(by: file, password: Samples.secret(password)))
            #expect(!bundle.isHeld(by: file, password: Samples.secret(password + "x")))

            let openssl = try OpenSSLCommand()
            try openssl.write(file.bytes, to: "bundle.p12")
            try openssl.write("\(password)\n".utf8, to: "password")
            let shown = try openssl.run(
                "pkcs12",
                "-in",
                "bundle.p12",
                "-passin",
                "file:password",
                "-nodes",
                "-info"
            )
            #expect(shown.components(separatedBy: "friendlyName: Web 1").count == 3)
            let schemes =
                encryption == .modern
                ? ["AES-256-CBC", "PRF hmacWithSHA256", "MAC: sha256"]
                : ["pbeWithSHA1And3-KeyTripleDES-CBC", "MAC: sha1"]
            for scheme in schemes { #expect(shown.contains(scheme), "\(shown)") }
            // The leaf first, as the bundle has it.
            let blocks = try PEMReader.blocks(of: Samples.secret(shown))
            let certificates = blocks.filter { $0.label == "CERTIFICATE" }.map(\.contents.bytes)
            #expect(certificates == issued.certificates)
            #expect(try KeyHandle(pem: Samples.secret(shown)).pkcs8PEM() == issued.key.pem)
        }
    }

    @Test("Each file of one bundle is another one, and they are the same for whoever asks")
    func salts() throws {
        let issued = try Samples.issue()
        let bundle = try Self.bundle(issued, alias: "W\u{EB}b \u{20AC}")
        let password = Samples.secret("p")
        let files = try (0..<2).map { _ in try bundle.encoded(password: password) }
        #expect(files[0] != files[1])
        #expect(files.allSatisfy { bundle.isHeld(by: $0, password: password) })
    }

    @Test("Any difference makes it another file: encryption, alias, chain, order, key, a byte")
    func differences() throws {
        let issued = try Samples.issue()
        let bundle = try Self.bundle(issued)
        let password = Samples.secret("p")
        let others = [
            "encryption": try Self.bundle(issued, encryption: .legacy),
            "alias": try Self.bundle(issued, alias: "Web"),
            "no root": try Self.bundle(issued, certificates: issued.certificates.dropLast()),
            "order": try Self.bundle(
                issued,
                certificates: [issued.certificates[0]] + issued.certificates.dropFirst().reversed()
            ),
            "key": try Self.bundle(try Samples.issue()),
        ]
        for (difference, other) in others {
            let file = try other.encoded(password: password)
            #expect(!bundle.isHeld(by: file, password: password), "\(difference)")
        }
        let file = try bundle.encoded(password: password)
        for damaged in [
            file.bytes + [0], file.bytes.dropLast(), [], Array("no such thing".utf8),
            file.bytes.enumerated().map { $0.offset == file.count / 2 ? ~$0.element : $0.element },
        ] {
            #expect(!bundle.isHeld(by: SensitiveBytes(copying: damaged), password: password))
        }
    }

    @Test("A file whose key or certificates are not encrypted is not the one that was made")
    func unencrypted() throws {
        let issued = try Samples.issue()
        let bundle = try Self.bundle(issued)
        let openssl = try OpenSSLCommand()
        try openssl.write(
            (encodePEM(certificates: issued.certificates) + issued.key.pem.text).utf8,
            to: "in.pem"
        )
        for parts in [
            ["-keypbe", "NONE"], ["-certpbe", "NONE"], ["-nomac"], ["-macalg", "sha1"], [],
        ] {
            try openssl.run(
                ["pkcs12", "-export", "-in", "in.pem", "-name", "web", "-passout", "pass:p"]
                    + parts + ["-out", "out.p12"]
            )
            let file = SensitiveBytes(copying: try openssl.read("out.p12"))
            // Without more options the openssl program of today does just the same.
            #expect(bundle.isHeld(by: file, password: Samples.secret("p")) == parts.isEmpty)
        }
    }

    @Test("The empty password is that of openssl, two zero bytes, in both encryptions")
    func emptyPassword() throws {
        let issued = try Samples.issue()
        for encryption in PKCS12Encryption.allCases {
            let bundle = try Self.bundle(issued, encryption: encryption)
            let file = try bundle.encoded(password: Samples.secret(""))
            _ = try PKCS12Reader.read(file, password: PKCS12Password.text(""))
            #expect(throws: CertificateError.wrongPassword) {
                try PKCS12Reader.read(file, password: PKCS12Password.none)
            }
        }
    }

    @Test("A PEM text gives the DER in its first block, and one without a block throws")
    func derOfPEM() throws {
        let issued = try Samples.issue()
        let text = encodePEM(certificates: issued.certificates)
        #expect(try decodePEM(Samples.secret(text)).bytes == issued.certificateDER)
        #expect(throws: CertificateError.badPEM("it has no block")) {
            try decodePEM(Samples.secret("no block"))
        }
    }
}
