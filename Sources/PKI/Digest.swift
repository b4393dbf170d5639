import COpenSSL
import Sensitive

/// SHA-256 in lower-case hexadecimal; it tells nothing about a key, so it may be stored.
package func sha256Hex(_ bytes: SensitiveBytes) -> String {
    bytes.withUnsafeBytes { sha256Hex($0) }
}

/// SHA-256 in lower-case hexadecimal.
package func sha256Hex(_ bytes: some Collection<UInt8>) -> String {
    hex(sha256(bytes))
}

/// SHA-256, its 32 bytes.
package func sha256(_ bytes: some Collection<UInt8>) -> [UInt8] {
    Algorithm.sha256.digest(bytes)
}

/// SHA-1 in lower-case hexadecimal: a name that Azure gives to certificates, no protection.
func sha1Hex(_ bytes: some Collection<UInt8>) -> String {
    hex(Algorithm.sha1.digest(bytes))
}

/// An algorithm as OpenSSL has it, looked up once: each time it takes as long as to digest 2 KiB.
private struct Algorithm: @unchecked Sendable {
    static let sha256 = Algorithm("SHA256")
    static let sha1 = Algorithm("SHA1")

    /// Nothing but its count of references ever changes, and that is kept safely.
    private let handle: OpaquePointer

    private init(_ name: String) {
        guard let handle = EVP_MD_fetch(nil, name, nil) else {
            preconditionFailure("OpenSSL has no \(name)")
        }
        self.handle = handle
    }

    func digest(_ bytes: some Collection<UInt8>) -> [UInt8] {
        let length = Int(EVP_MD_get_size(handle))
        return [UInt8](unsafeUninitializedCapacity: length) { output, initialized in
            func add(_ input: UnsafeBufferPointer<UInt8>) -> Bool {
                EVP_Digest(input.baseAddress, input.count, output.baseAddress, nil, handle, nil)
                    == 1
            }
            let isDone =
                bytes.withContiguousStorageIfAvailable(add)
                ?? Array(bytes).withUnsafeBufferPointer(add)
            // With memory at hand it can't fail.
            precondition(isDone, "OpenSSL can't digest")
            initialized = length
        }
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}
