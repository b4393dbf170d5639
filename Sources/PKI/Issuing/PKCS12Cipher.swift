import COpenSSL

/// How a PKCS#12 file is protected.
package enum PKCS12Cipher: Sendable, Hashable, CaseIterable {
    /// Key Vault since 2018 or so: 3DES, 2,000 rounds, MAC SHA-1.
    case tripleDES
    /// Key Vault in 2016: as above, but the certificates under RC2-40, and a MAC of one round.
    /// Needs OpenSSL's legacy provider.
    case rc2_40
    /// PBES2 with AES-256 and a MAC of SHA-256, which is OpenSSL 3's own default.
    case aes256

    var keyScheme: Int32 {
        switch self {
        case .tripleDES, .rc2_40: NID_pbe_WithSHA1And3_Key_TripleDES_CBC
        case .aes256: NID_aes_256_cbc
        }
    }

    var certificateScheme: Int32 {
        switch self {
        case .tripleDES: NID_pbe_WithSHA1And3_Key_TripleDES_CBC
        case .rc2_40: NID_pbe_WithSHA1And40BitRC2_CBC
        case .aes256: NID_aes_256_cbc
        }
    }

    var rounds: Int32 { self == .aes256 ? 2_048 : 2_000 }

    var macRounds: Int32 { self == .rc2_40 ? 1 : rounds }

    var macDigest: OpaquePointer? { self == .aes256 ? EVP_sha256() : EVP_sha1() }
}
