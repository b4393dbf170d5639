import PKI
import Sensitive

/// Just enough of DER (X.690) to write the PKCS#12 files that no sane tool writes.
enum DER {
    static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap { $0 }) }
    static func set(_ parts: [UInt8]...) -> [UInt8] { tagged(0x31, parts.flatMap { $0 }) }
    static func octets(_ bytes: [UInt8]) -> [UInt8] { tagged(0x04, bytes) }
    static func explicit(_ bytes: [UInt8]) -> [UInt8] { tagged(0xA0, bytes) }

    static func integer(_ value: UInt32) -> [UInt8] {
        let bytes = (0..<4).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        let shortest = Array(bytes.dropLast().drop { $0 == 0 }) + bytes.suffix(1)
        return tagged(0x02, shortest[0] < 0x80 ? shortest : [0] + shortest)
    }

    static func tagged(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        let count = contents.count
        let length: [UInt8] =
            count < 0x80
            ? [UInt8(count)]
            : [0x83, UInt8(count >> 16), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
        return [tag] + length + contents
    }

    /// 1.2.840.113549, then the bytes given: RSA Security's arc, where all of PKCS lies.
    static func pkcs(_ arcs: UInt8...) -> [UInt8] {
        tagged(0x06, [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D] + arcs)
    }

    /// A file with these parts (RFC 7292 §4), and no MAC.
    static func pfx(_ safes: [UInt8]...) -> [UInt8] {
        let contents = tagged(0x30, safes.flatMap { $0 })
        return sequence(tagged(0x02, [3]), data(contents))
    }

    /// `ContentInfo` of type data.
    static func data(_ contents: [UInt8]) -> [UInt8] {
        sequence(pkcs(1, 7, 1), explicit(octets(contents)))
    }

    /// `SafeBag` of the type 1.2.840.113549.1.12.10.1.n.
    static func bag(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        sequence(pkcs(1, 12, 10, 1, type), explicit(value))
    }

    static func certificateBag(_ certificate: [UInt8]) -> [UInt8] {
        bag(3, sequence(pkcs(1, 9, 22, 1), explicit(octets(certificate))))
    }

    /// 3DES over SHA-1 with so many rounds (RFC 7292 §C).
    static func tripleDES(rounds: UInt32) -> [UInt8] {
        sequence(
            pkcs(1, 12, 1, 3),
            sequence(octets([1, 2, 3, 4, 5, 6, 7, 8]), integer(rounds))
        )
    }

    /// `ContentInfo` of type encryptedData, the ciphertext being zeros.
    static func encryptedData(_ algorithm: [UInt8]) -> [UInt8] {
        let ciphertext = tagged(0x80, [UInt8](repeating: 0, count: 64))
        let contents = sequence(pkcs(1, 7, 1), algorithm, ciphertext)
        return sequence(pkcs(1, 7, 6), explicit(sequence(tagged(0x02, [0]), contents)))
    }
}
