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
    let contents = try ErrorQueue.isolated { () throws(CertificateError) in
        try SecretContents(
            value: value,
            as: SecretFormat(contentType: nil, value: value),
            password: password
        )
    }
    return (contents.keys.first, contents.certificates)
}
