import Foundation
import PKI
import Sensitive
import Testing

@Suite("Certificate authority")
struct CertificateAuthorityTests {
    @Test("openssl verifies what is issued, for the name that it is issued for")
    func verify() throws {
        let openssl = try OpenSSLCommand()
        let authority = try CertificateAuthority.create(named: "Contoso")
        let issued = try authority.issue(
            CertificateRequest(
                subject: "www.contoso.com",
                dnsNames: ["www.contoso.com", "127.0.0.1"],
                algorithm: .rsa(bits: 2048),
                notBefore: Date(timeIntervalSinceNow: -60),
                notAfter: Date(timeIntervalSinceNow: 3_600)
            )
        )
        try openssl.write(authority.rootPEM.utf8, to: "root.pem")
        try openssl.write(authority.intermediatePEM.utf8, to: "intermediate.pem")
        try openssl.write(encodePEM(certificates: [issued.certificateDER]).utf8, to: "leaf.pem")
        for check in [["-verify_hostname", "www.contoso.com"], ["-verify_ip", "127.0.0.1"]] {
            try openssl.run(
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-CAfile",
                "root.pem",
                "-untrusted",
                "intermediate.pem",
                check[0],
                check[1],
                "leaf.pem"
            )
        }
        #expect(throws: OpenSSLCommand.Failure.self) {
            try openssl.run(
                "verify",
                "-CAfile",
                "root.pem",
                "-untrusted",
                "intermediate.pem",
                "-verify_hostname",
                "contoso.com",
                "leaf.pem"
            )
        }
        let text = try openssl.run("x509", "-in", "leaf.pem", "-noout", "-text")
        for line in [
            "TLS Web Server Authentication", "CA:FALSE", "Digital Signature, Key Encipherment",
            "DNS:www.contoso.com, IP Address:127.0.0.1", "X509v3 Authority Key Identifier",
            "X509v3 Subject Key Identifier",
        ] {
            #expect(text.contains(line))
        }
    }

    @Test("openssl reads the bundle's files", arguments: [KeyAlgorithm.rsa(bits: 2048), .p521])
    func files(algorithm: KeyAlgorithm) throws {
        let openssl = try OpenSSLCommand()
        let issued = try Samples.issue(Samples.request(algorithm: algorithm))
        let bundle = try Samples.bundle(try Samples.pkcs12(issued.key, issued.certificates))
        try openssl.write(bundle.privateKeyPEM.bytes, to: "privkey.pem")
        try openssl.write(bundle.bundlePEM.bytes, to: "bundle.pem")
        try openssl.write(bundle.certificatePEM.utf8, to: "cert.pem")
        let fromKey = try openssl.run("pkey", "-in", "privkey.pem", "-check", "-pubout")
        let fromBundle = try openssl.run("pkey", "-in", "bundle.pem", "-check", "-pubout")
        let certified = try openssl.run("x509", "-in", "cert.pem", "-noout", "-pubkey")
        #expect(fromKey == fromBundle && fromKey.contains(certified))
        let print = try openssl.run("x509", "-in", "cert.pem", "-noout", "-fingerprint", "-sha1")
        #expect(print.replacing(":", with: "").contains(bundle.leaf.thumbprint))
    }

    @Test("openssl reads the PFX with an empty password", arguments: PKCS12Cipher.allCases)
    func pfx(cipher: PKCS12Cipher) throws {
        let openssl = try OpenSSLCommand()
        let issued = try Samples.issue()
        let file = try encodePKCS12(
            key: issued.key,
            certificates: issued.certificates,
            friendlyName: "a name",
            cipher: cipher
        )
        try openssl.write(file.bytes, to: "web.pfx")
        let text = try openssl.run(
            "pkcs12",
            "-legacy",
            "-in",
            "web.pfx",
            "-info",
            "-nodes",
            "-passin",
            "pass:"
        )
        #expect(text.contains("friendlyName: a name"))
        // Once for the key, once for its certificate, not for the others.
        #expect(text.split(separator: "localKeyID: 01 00 00 00").count == 3)
        let scheme =
            switch cipher {
            case .tripleDES: "Encrypted data: pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 2000"
            case .rc2_40: "Encrypted data: pbeWithSHA1And40BitRC2-CBC, Iteration 2000"
            case .aes256: "Encrypted data: PBES2, PBKDF2, AES-256-CBC, Iteration 2048"
            }
        #expect(text.contains(scheme))
    }

    @Test("An authority that was kept issues under the same root")
    func restore() throws {
        let first = try CertificateAuthority.create(named: "Contoso")
        let second = CertificateAuthority(
            rootPEM: first.rootPEM,
            intermediatePEM: first.intermediatePEM,
            rootKey: first.rootKey,
            intermediateKey: first.intermediateKey
        )
        let issued = try second.issue(Samples.request())
        #expect(encodePEM(certificates: issued.chainDER) == first.intermediatePEM + first.rootPEM)
        let bundle = try Samples.bundle(try Samples.pkcs12(issued.key, issued.certificates))
        #expect(bundle.chain.count == 2)
    }

    @Test("Serial numbers are sixteen bytes and random")
    func serials() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let serials = try (0..<20).map { _ in
            try authority.issue(Samples.request()).facts.serialNumber
        }
        #expect(Set(serials).count == 20 && serials.allSatisfy { $0.count == 32 })
    }

    @Test("A key is reused where it is given")
    func reuse() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let first = try authority.issue(Samples.request())
        let second = try authority.issue(Samples.request(), key: first.key)
        #expect(first.facts.thumbprint != second.facts.thumbprint)
        let bundle = try Samples.bundle(try Samples.pkcs12(first.key, second.certificates))
        #expect(bundle.leaf == second.facts)
    }

    @Test(
        "A subject that cannot be written is refused",
        arguments: ["", "CN=a,b", "XYZZY=1", "C=Switzerland", "=x"]
    )
    func badSubject(subject: String) throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        #expect(throws: IssuingError.self) { try authority.issue(Samples.request(subject)) }
    }

    @Test("A key or an authority that is none is refused, and what was read is not shown")
    func unreadable() throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let junk = PrivateKey(pem: Samples.secret("hunter2"))
        let error = #expect(throws: IssuingError.self) {
            try authority.issue(Samples.request(), key: junk)
        }
        #expect(error?.description == "read key: the secret holds no private key")
        let empty = CertificateAuthority(
            rootPEM: "",
            intermediatePEM: "",
            rootKey: junk,
            intermediateKey: junk
        )
        #expect(throws: IssuingError.self) { try empty.issue(Samples.request()) }
        #expect(throws: IssuingError.self) { try PrivateKey(generating: .rsa(bits: 1)) }
    }
}
