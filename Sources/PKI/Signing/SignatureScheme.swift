import COpenSSL

/// How tokens are signed with RSA keys (RFC 7518, sections 3.3 and 3.5): SHA-256, and the padding
/// of PKCS #1 version 1.5 or PSS with a salt as long as the digest.
package enum SignatureScheme: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case ps256 = "PS256"

    /// Sets the padding of a signature that is about to be made or verified.
    func apply(to context: OpaquePointer?) -> Bool {
        switch self {
        case .rs256: true
        case .ps256:
            EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0
                && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) > 0
        }
    }
}
