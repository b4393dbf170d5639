import Foundation
import PKI
import Sensitive
import Testing

@Suite("Certificate bundle")
struct CertificateBundleTests {
    @Test(
        "Every kind of key comes back as PKCS#8 with its certificate",
        arguments: [
            (KeyAlgorithm.rsa(bits: 2048), "RSA 2048"), (.p256, "EC P-256"), (.p384, "EC P-384"),
            (.p521, "EC P-521"),
        ]
    )
    func keyKinds(algorithm: KeyAlgorithm, name: String) throws {
        let issued = try Samples.issue(Samples.request(algorithm: algorithm))
        let bundle = try Samples.bundle(try Samples.pkcs12(issued.key, issued.certificates))
        #expect(bundle.leaf == issued.facts)
        #expect(bundle.leaf.keyType == name)
        #expect(bundle.privateKeyPEM == issued.key.pem)
        #expect(bundle.privateKeyPEM.text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
    }

    @Test(
        "Every cipher is read, with either way of writing no password",
        arguments: PKCS12Cipher.allCases,
        [nil, ""]
    )
    func ciphers(cipher: PKCS12Cipher, password: String?) throws {
        let issued = try Samples.issue()
        let secret = try Samples.pkcs12(
            issued.key,
            issued.certificates,
            cipher: cipher,
            password: password
        )
        #expect(try Samples.bundle(secret).leaf == issued.facts)
    }

    @Test("A PFX with a real password is refused", arguments: PKCS12Cipher.allCases)
    func password(cipher: PKCS12Cipher) throws {
        let issued = try Samples.issue()
        let secret = try Samples.pkcs12(
            issued.key,
            issued.certificates,
            cipher: cipher,
            password: "hunter2"
        )
        #expect(throws: CertificateError.wrongPassword) { try Samples.bundle(secret) }
    }

    @Test(
        "The chain is ordered by signature, whatever the order in the file",
        arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    )
    func order(order: [Int]) throws {
        let issued = try Samples.issue()
        let shuffled = order.map { issued.certificates[$0] }
        let pfx = try Samples.pkcs12(issued.key, shuffled)
        let pem = Samples.secret(encodePEM(certificates: shuffled) + issued.key.pem.text)
        for secret in [pfx, pem] {
            let bundle = try Samples.bundle(secret)
            #expect(bundle.leaf == issued.facts)
            #expect(bundle.chain.map(\.subject) == ["CN=Contoso Issuing CA", "CN=Contoso Root CA"])
            #expect(bundle.isChainComplete && bundle.leftOut.isEmpty)
            let encoded = encodePEM(certificates: issued.certificates)
            #expect(bundle.bundlePEM.text == encoded + issued.key.pem.text)
        }
    }

    @Test("The root goes into the bundle alone")
    func rootInBundleAlone() throws {
        let issued = try Samples.issue()
        let bundle = try Samples.bundle(try Samples.pkcs12(issued.key, issued.certificates))
        let (leaf, intermediate) = (issued.certificateDER, issued.chainDER[0])
        #expect(bundle.certificatePEM == encodePEM(certificates: [leaf]))
        #expect(bundle.chainPEM == encodePEM(certificates: [intermediate]))
        #expect(bundle.fullchainPEM == encodePEM(certificates: [leaf, intermediate]))
    }

    @Test("The order of the secret is told: leaf, issuer and so on, or another")
    func order() throws {
        let issued = try Samples.issue()
        let stranger = try Samples.issue().chainDER[0]
        let (leaf, intermediate, root) =
            (issued.certificateDER, issued.chainDER[0], issued.chainDER[1])
        for (certificates, isOrdered) in [
            ([leaf, intermediate, root], true), ([leaf, intermediate], true), ([leaf], true),
            ([leaf, intermediate, intermediate, root], true),
            ([leaf, intermediate, root, stranger], true),
            ([leaf, root, intermediate], false), ([intermediate, leaf, root], false),
            ([stranger, leaf, intermediate, root], false),
        ] {
            let bundle = try Samples.bundle(
                Samples.secret(encodePEM(certificates: certificates) + issued.key.pem.text)
            )
            #expect(bundle.isOrdered == isOrdered)
        }
    }

    @Test("A chain without its root is complete, a leaf alone is not")
    func completeness() throws {
        let issued = try Samples.issue()
        let withoutRoot = try Samples.bundle(
            try Samples.pkcs12(issued.key, [issued.certificateDER, issued.chainDER[0]])
        )
        #expect(withoutRoot.isChainComplete && withoutRoot.chain.count == 1)
        let alone = try Samples.bundle(try Samples.pkcs12(issued.key, [issued.certificateDER]))
        #expect(!alone.isChainComplete && alone.chain.isEmpty && alone.chainPEM.isEmpty)
        #expect(alone.fullchainPEM == alone.certificatePEM)
    }

    @Test("A self-signed leaf is complete by itself")
    func selfSigned() throws {
        let issued = try CertificateAuthority.selfSigned(Samples.request())
        let bundle = try Samples.bundle(try Samples.pkcs12(issued.key, issued.certificates))
        #expect(bundle.isChainComplete && bundle.chain.isEmpty && bundle.leaf.isSelfIssued)
        #expect(bundle.bundlePEM.text == bundle.certificatePEM + issued.key.pem.text)
    }

    @Test("A missing link shows, though the root is there")
    func missingLink() throws {
        let issued = try Samples.issue()
        let bundle = try Samples.bundle(
            try Samples.pkcs12(issued.key, [issued.certificateDER, issued.chainDER[1]])
        )
        #expect(!bundle.isChainComplete && bundle.chain.isEmpty)
        #expect(bundle.leftOut.map(\.subject) == ["CN=Contoso Root CA"])
    }

    @Test("Duplicates and strangers go into no file; the strangers are named")
    func strangers() throws {
        let issued = try Samples.issue()
        // The stranger bears the issuer's name, so that only the signature tells them apart.
        let stranger = try Samples.issue()
        let secret = try Samples.pkcs12(
            issued.key,
            [stranger.chainDER[0]] + issued.certificates + issued.certificates
        )
        let bundle = try Samples.bundle(secret)
        #expect(bundle.chain.count == 2 && bundle.isChainComplete)
        #expect(
            bundle.fullchainPEM == encodePEM(certificates: Array(issued.certificates.prefix(2)))
        )
        let strangersFacts = try CertificateFacts(der: stranger.chainDER[0])
        #expect(bundle.leftOut == [strangersFacts])
    }

    @Test("A certificate without its key is refused, with what to do about it")
    func noKey() throws {
        let issued = try Samples.issue()
        let pfx = try Samples.pkcs12(nil, issued.certificates)
        let pem = Samples.secret(encodePEM(certificates: issued.certificates))
        for secret in [pfx, pem] {
            let error = #expect(throws: CertificateError.self) { try Samples.bundle(secret) }
            #expect(error == .noPrivateKey)
            #expect(error?.hint?.contains("exportable") == true)
            #expect(error?.isPlainSecret == false)
        }
    }

    @Test("The key of another certificate is refused")
    func foreignKey() throws {
        let issued = try Samples.issue()
        let other = try PrivateKey(generating: .p256)
        #expect(throws: CertificateError.keyMismatch) {
            try Samples.bundle(try Samples.pkcs12(other, issued.certificates))
        }
    }

    @Test("A key without a certificate is refused")
    func noCertificate() throws {
        let key = try PrivateKey(generating: .p256)
        #expect(throws: CertificateError.noCertificate) {
            try Samples.bundle(try Samples.pkcs12(key, []))
        }
        #expect(throws: CertificateError.noCertificate) { try Samples.bundle(key.pem) }
    }
}
