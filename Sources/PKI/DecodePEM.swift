import Sensitive

/// What the first block of a PEM text holds: a certificate or a key in DER.
///
/// - Throws: A `CertificateError` when there is none.
package func decodePEM(_ text: SensitiveBytes) throws(CertificateError) -> SensitiveBytes {
    try ErrorQueue.isolated { () throws(CertificateError) in
        guard let block = try PEMReader.blocks(of: text).first else {
            throw .badPEM("it has no block")
        }
        return block.contents
    }
}
