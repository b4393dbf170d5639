import Sensitive

/// A password as PKCS#12 counts it.
///
/// "No password" can be written in two ways, which give two keys (RFC 7292 §B.1): no bytes at all,
/// as Key Vault does, or the empty string with its two zero bytes, as `openssl pkcs12 -passout
/// pass:` does.
enum PKCS12Password {
    case none
    case text(String)
    /// UTF-8 in memory that is wiped, copies and all.
    case secret(SensitiveBytes)

    /// What to try, in this order.
    static func candidates(_ password: String?) -> [PKCS12Password] {
        guard let password, !password.isEmpty else { return [.none, .text("")] }
        return [.text(password)]
    }

    /// Lends the password to C; none is a null pointer.
    func withC<Result>(_ body: (UnsafePointer<CChar>?, Int32) -> Result) -> Result {
        switch self {
        case .none: body(nil, 0)
        case .text(let text): text.withCString { body($0, Int32(text.utf8.count)) }
        case .secret(let bytes):
            Self.terminated(bytes).withUnsafeBytes {
                body($0.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
            }
        }
    }

    /// The bytes with the zero that C looks for.
    private static func terminated(_ bytes: SensitiveBytes) -> SensitiveBytes {
        SensitiveBytes(capacity: bytes.count + 1) { buffer in
            bytes.withUnsafeBytes { buffer.copyBytes(from: $0) }
            buffer[bytes.count] = 0
            return bytes.count + 1
        }
    }
}
