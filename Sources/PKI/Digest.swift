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
    digest(bytes, length: Int(SHA256_DIGEST_LENGTH)) { SHA256($0, $1, $2) }
}

/// SHA-1 in lower-case hexadecimal: a name that Azure gives to certificates, no protection.
func sha1Hex(_ bytes: some Collection<UInt8>) -> String {
    hex(digest(bytes, length: Int(SHA_DIGEST_LENGTH)) { SHA1($0, $1, $2) })
}

private func digest<Bytes: Collection<UInt8>>(
    _ bytes: Bytes,
    length: Int,
    with function: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) ->
        UnsafeMutablePointer<UInt8>?
) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: length) { output, initialized in
        let hashed: Void? = bytes.withContiguousStorageIfAvailable { input in
            _ = function(input.baseAddress, input.count, output.baseAddress)
        }
        if hashed == nil {
            let copy = Array(bytes)
            _ = function(copy, copy.count, output.baseAddress)
        }
        initialized = length
    }
}

private func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
        decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
        as: UTF8.self
    )
}
