import Foundation
import Sensitive
import Testing

@testable import PKI

@Suite("PKCS#12")
struct PKCS12Tests {
    private func bundle(_ der: [UInt8]) throws -> CertificateBundle {
        try Samples.bundle(Samples.secret(Data(der).base64EncodedString()))
    }

    /// The DER of a PKCS#8 key.
    private func pkcs8(_ key: PrivateKey) throws -> [UInt8] {
        let lines = key.pem.text.split(separator: "\n").filter { !$0.hasPrefix("-----") }
        return Array(try #require(Data(base64Encoded: lines.joined())))
    }

    @Test(
        "Without a password the MAC is over no bytes, as Key Vault's is, not over the empty string",
        arguments: PKCS12Cipher.allCases
    )
    func nullPassword(cipher: PKCS12Cipher) throws {
        let issued = try Samples.issue()
        let file = try encodePKCS12(
            key: issued.key,
            certificates: issued.certificates,
            friendlyName: nil,
            cipher: cipher
        )
        #expect(try PKCS12Reader.read(file, password: PKCS12Password.none).keys.count == 1)
        // PBES2 would not tell the two apart; PKCS#12's own derivation, which every MAC uses, does.
        #expect(throws: CertificateError.wrongPassword) {
            try PKCS12Reader.read(file, password: PKCS12Password.text(""))
        }
    }

    @Test("What is written is written in the given order, with or without a key")
    func orderKept() throws {
        let issued = try Samples.issue()
        let other = try PrivateKey(generating: .p256)
        for (key, order) in [(issued.key, [2, 0, 1]), (nil, [1, 2, 0]), (other, [0, 2, 1])] {
            let certificates = order.map { issued.certificates[$0] }
            let decoded = try decodeImport(try Samples.pkcs12(key, certificates), password: nil)
            #expect(decoded.certificates == certificates)
            #expect(decoded.key?.pem == key?.pem)
        }
    }

    @Test("An import with a password needs that password")
    func importPassword() throws {
        let issued = try Samples.issue()
        let value = try Samples.pkcs12(issued.key, issued.certificates, password: "gehäim")
        #expect(try decodeImport(value, password: "gehäim").key?.pem == issued.key.pem)
        for wrong in [nil, "", "geheim"] {
            #expect(throws: CertificateError.wrongPassword) {
                try decodeImport(value, password: wrong)
            }
        }
    }

    @Test(
        "Where the legacy provider is not installed, only RC2-40 is refused, and the hint says so"
    )
    func missingProvider() async throws {
        await #expect(processExitsWith: .success) {
            let issued = try Samples.issue()
            let rc2 = try Samples.pkcs12(issued.key, issued.certificates, cipher: .rc2_40)
            let tripleDES = try Samples.pkcs12(issued.key, issued.certificates)
            _ = unsafe setenv("OPENSSL_MODULES", "/nonexistent", 1)
            let error = #expect(throws: CertificateError.self) { try Samples.bundle(rc2) }
            #expect(error == .legacyProviderMissing("pbeWithSHA1And40BitRC2-CBC"))
            #expect(error?.hint == "install openssl-provider-legacy")
            #expect(throws: IssuingError.self) {
                try Samples.pkcs12(issued.key, issued.certificates, cipher: .rc2_40)
            }
            #expect(try Samples.bundle(tripleDES).leaf == issued.facts)
        }
    }

    @Test("A file without a MAC and without encryption is read, nested bags too")
    func plainBags() throws {
        let issued = try Samples.issue()
        let key = DER.bag(1, try pkcs8(issued.key))
        let nested = DER.bag(6, DER.sequence(DER.certificateBag(issued.certificateDER)))
        let secretBag = DER.bag(5, DER.sequence(DER.pkcs(1, 9, 1), DER.explicit(DER.octets([1]))))
        let file = DER.pfx(DER.data(DER.sequence(secretBag, nested, key)))
        #expect(try bundle(file).leaf == issued.facts)
    }

    @Test("A file without a MAC is read, with either way of writing no password")
    func noMAC() throws {
        let openssl = try OpenSSLCommand()
        let issued = try Samples.issue()
        try openssl.write(
            (issued.key.pem.text + encodePEM(certificates: issued.certificates)).utf8,
            to: "in.pem"
        )
        try openssl.run(
            "pkcs12",
            "-export",
            "-in",
            "in.pem",
            "-nomac",
            "-passout",
            "pass:",
            "-keypbe",
            "PBE-SHA1-3DES",
            "-certpbe",
            "PBE-SHA1-3DES",
            "-out",
            "out.pfx"
        )
        #expect(try bundle(try openssl.read("out.pfx")).leaf == issued.facts)
    }

    @Test("A derivation that would take minutes is refused at once")
    func rounds() throws {
        let bomb = DER.tripleDES(rounds: 0x7FFF_FFFF)
        let sealedKey = DER.bag(2, DER.sequence(bomb, DER.octets([UInt8](repeating: 0, count: 64))))
        let files = [
            DER.pfx(DER.encryptedData(bomb)),
            DER.pfx(DER.data(DER.sequence(sealedKey))),
            try macBomb(),
        ]
        for file in files {
            #expect(
                throws: CertificateError.badPKCS12("its passwords take too many iterations")
            ) {
                try bundle(file)
            }
        }
    }

    /// A real file whose MAC wants 2³¹ − 1 rounds: the last number of `MacData`, which ends the file.
    private func macBomb() throws -> [UInt8] {
        var file = try encodePKCS12(
            key: nil,
            certificates: try Samples.issue().certificates,
            friendlyName: nil,
            cipher: .tripleDES
        ).bytes
        try #require(file.suffix(4) == [0x02, 0x02, 0x07, 0xD0] && file[1] == 0x82)
        let isMAC = { (index: Int) in
            file[index] == 0x30 && Int(file[index + 1]) == file.count - index - 2
        }
        let start = try #require((file.count - 100..<file.count - 2).first(where: isMAC))
        file[start + 1] += 2
        file[3] += 2
        return file.dropLast(4) + [0x02, 0x04, 0x7F, 0xFF, 0xFF, 0xFF]
    }

    @Test("An encryption that nothing can undo is named")
    func unknownEncryption() {
        let file = DER.pfx(DER.encryptedData(DER.sequence(DER.pkcs(1, 9, 1), [0x05, 0x00])))
        #expect(
            throws: CertificateError.badPKCS12("its encryption (emailAddress) is not supported")
        ) {
            try bundle(file)
        }
    }

    @Test("Bags nested without end are refused")
    func nesting() throws {
        var bag = DER.certificateBag(try Samples.issue().certificateDER)
        for _ in 0..<12 { bag = DER.bag(6, DER.sequence(bag)) }
        #expect(throws: CertificateError.badPKCS12("its bags are nested too deeply")) {
            try bundle(DER.pfx(DER.data(DER.sequence(bag))))
        }
    }

    @Test("More than 32 certificates, 8 keys, 128 bags or 256 KiB are refused")
    func limits() throws {
        let issued = try Samples.issue()
        let many = Array(repeating: issued.certificateDER, count: 33)
        #expect(throws: CertificateError.tooManyCertificates(33)) {
            try Samples.bundle(try Samples.pkcs12(issued.key, many))
        }
        #expect(throws: CertificateError.tooManyCertificates(33)) {
            try Samples.bundle(Samples.secret(encodePEM(certificates: many)))
        }
        let keys = String(repeating: issued.key.pem.text, count: 9)
        #expect(throws: CertificateError.tooManyKeys(9)) {
            try Samples.bundle(Samples.secret(keys))
        }
        let secretBag = DER.bag(5, DER.sequence(DER.pkcs(1, 9, 1), DER.explicit(DER.octets([1]))))
        let bags = Array(repeating: secretBag, count: 200).flatMap { $0 }
        #expect(throws: CertificateError.badPKCS12("it has more than 128 parts")) {
            try bundle(DER.pfx(DER.data(DER.sequence(bags))))
        }
        let size = 256 * 1024 + 1
        #expect(throws: CertificateError.tooLarge(size)) {
            try Samples.bundle(Samples.secret(String(repeating: "A", count: size)))
        }
    }

    @Test("A key larger than any that Key Vault has is refused")
    func hugeKey() throws {
        let openssl = try OpenSSLCommand()
        try openssl.write(DER.octets([UInt8](repeating: 1, count: 20_000)), to: "junk.der")
        let junk = try openssl.run("base64", "-in", "junk.der")
        let text = "-----BEGIN PRIVATE KEY-----\n\(junk)-----END PRIVATE KEY-----\n"
        #expect(throws: CertificateError.badKey("larger than 16 KiB")) {
            try Samples.bundle(Samples.secret(text))
        }
    }
}
