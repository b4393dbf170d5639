import Sensitive

/// What an import request brings, in its own order and unchecked: whether key and certificates fit
/// is the importer's to decide.
///
/// - Parameters:
///   - value: a PKCS#12 file in base64, or PEM text.
///   - password: of the PKCS#12 file; a PEM key must not be encrypted.
/// - Returns: the first private key, if any, and the certificates in DER.
/// - Throws: when the value is neither, or unreadable with that password.
package func decodeImport(
    _ value: SensitiveBytes,
    password: String?
) throws(CertificateError) -> (key: PrivateKey?, certificates: [[UInt8]]) {
    try ErrorQueue.isolated { () throws(CertificateError) in
        let contents = try SecretContents(
            value: value,
            as: SecretFormat(contentType: nil, value: value),
            password: password
        )
        let key = try contents.keys.first.map { key throws(CertificateError) in
            PrivateKey(pem: try key.pkcs8PEM())
        }
        return (key, try contents.certificatesDER())
    }
}
