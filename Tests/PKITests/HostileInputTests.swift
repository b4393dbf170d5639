import Foundation
import PKI
import Sensitive
import Testing

/// A generator whose sequence is always the same (SplitMix64), so that a failure can be repeated.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

@Suite("Hostile input")
struct HostileInputTests {
    /// Changes, drops, doubles or inserts a few bytes.
    private func mutate(_ bytes: [UInt8], with dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &dice) {
            let index = Int.random(in: 0..<bytes.count, using: &dice)
            switch Int.random(in: 0..<6, using: &dice) {
            case 0: bytes[index] = UInt8.random(in: 0...255, using: &dice)
            case 1: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &dice)
            case 2: bytes[index] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &dice) ?? 0
            case 3: bytes.remove(at: index)
            case 4: bytes.insert(UInt8.random(in: 0...255, using: &dice), at: index)
            default:
                let end = min(index + Int.random(in: 1...32, using: &dice), bytes.count)
                bytes.insert(contentsOf: bytes[index..<end], at: index)
            }
        }
        return bytes
    }

    /// Either a bundle or an error that a person can read and that quotes no input.
    private func examine(_ secret: SensitiveBytes, _ type: String?, quoting key: PrivateKey) {
        do {
            let bundle = try CertificateBundle(secret: secret, contentType: type)
            #expect(bundle.privateKeyPEM.count > 0)
        } catch {
            let text = "\(error.description) \(error.hint ?? "") \(error)"
            #expect(text.utf8.count < 400 && !text.contains("\n"))
            for line in key.pem.text.split(separator: "\n") where !line.hasPrefix("-----") {
                #expect(!text.contains(line.prefix(16)))
            }
        }
    }

    @Test("A damaged PFX never crashes", arguments: PKCS12Cipher.allCases)
    func pfx(cipher: PKCS12Cipher) throws {
        let issued = try Samples.issue()
        let file = try encodePKCS12(
            key: issued.key,
            certificates: issued.certificates,
            friendlyName: "web",
            cipher: cipher
        ).bytes
        var dice = Dice(state: 1)
        for _ in 0..<200 {
            let text = Data(mutate(file, with: &dice)).base64EncodedString()
            examine(Samples.secret(text), "application/x-pkcs12", quoting: issued.key)
        }
    }

    @Test("A damaged PFX without MAC and encryption never crashes")
    func plainPFX() throws {
        // Nothing hides the mutations here: they reach the bags, the key and the certificates.
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
            "-keypbe",
            "NONE",
            "-certpbe",
            "NONE",
            "-passout",
            "pass:",
            "-out",
            "out.pfx"
        )
        let file = try openssl.read("out.pfx")
        var dice = Dice(state: 2)
        for _ in 0..<600 {
            let text = Data(mutate(file, with: &dice)).base64EncodedString()
            examine(Samples.secret(text), nil, quoting: issued.key)
        }
    }

    @Test("A damaged PEM text never crashes")
    func pem() throws {
        let issued = try Samples.issue()
        let text = Array((issued.key.pem.text + encodePEM(certificates: issued.certificates)).utf8)
        var dice = Dice(state: 3)
        for _ in 0..<600 {
            let secret = SensitiveBytes(copying: mutate(text, with: &dice))
            examine(secret, "application/x-pem-file", quoting: issued.key)
        }
    }

    @Test(
        "Noise never crashes",
        arguments: [nil, "application/x-pkcs12", "application/x-pem-file"]
    )
    func noise(contentType: String?) throws {
        let key = try PrivateKey(generating: .p256)
        var dice = Dice(state: 4)
        for _ in 0..<200 {
            let count = Int.random(in: 0...600, using: &dice)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
            examine(SensitiveBytes(copying: bytes), contentType, quoting: key)
            let text = Data([0x30, 0x82, 0x02, 0x00, 0x02, 0x01, 0x03, 0x30] + bytes)
            examine(Samples.secret(text.base64EncodedString()), contentType, quoting: key)
        }
    }

    @Test("Many secrets at once do not mix up their errors")
    func concurrency() async throws {
        let issued = try Samples.issue()
        let good = try Samples.pkcs12(issued.key, issued.certificates, cipher: .rc2_40)
        let locked = try Samples.pkcs12(issued.key, issued.certificates, password: "x")
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask {
                    if index.isMultiple(of: 2) {
                        #expect(throws: Never.self) { try Samples.bundle(good) }
                    } else {
                        #expect(throws: CertificateError.wrongPassword) {
                            try Samples.bundle(locked)
                        }
                    }
                }
            }
        }
    }
}
