/// How the PKCS#12 files that the agent installs are encrypted.
package enum PKCS12Encryption: String, Sendable, Hashable, CaseIterable {
    /// PBES2 with AES-256 and a MAC of SHA-256, as OpenSSL 3 and Java since 8u301 read it.
    case modern
    /// 3DES and a MAC of SHA-1, which everything reads, also Java before 8u301 and Windows before
    /// 10 1709.
    case legacy

    var cipher: PKCS12Cipher {
        switch self {
        case .modern: .aes256
        case .legacy: .tripleDES
        }
    }
}
