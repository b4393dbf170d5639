import Foundation
import Sensitive

extension HTTPResponse {
    /// The body read as JSON, straight from its own memory.
    ///
    /// Foundation bounds the depth and refuses what is no UTF-8. The strings of `Value` are its own
    /// copies: whoever decodes a secret moves it into `SensitiveBytes` at once, and what remains is
    /// the string's freed memory, which Swift does not wipe.
    package func json<Value: Decodable>(as type: Value.Type) throws -> Value {
        try body.withUnsafeBytes { bytes in
            let data =
                bytes.baseAddress.map { base in
                    Data(
                        bytesNoCopy: UnsafeMutableRawPointer(mutating: base),
                        count: bytes.count,
                        deallocator: .none
                    )
                } ?? Data()
            return try JSONDecoder().decode(type, from: data)
        }
    }
}
