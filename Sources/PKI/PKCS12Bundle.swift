import Sensitive

/// A private key with its certificates, to be kept as one PKCS#12 file under a name.
///
/// Salts make every file of it another one, so that a file on disk is told by what it holds.
package struct PKCS12Bundle: Sendable {
    private let key: PrivateKey
    private let certificates: [[UInt8]]
    private let alias: String
    private let cipher: PKCS12Cipher

    /// - Parameters:
    ///   - key: PEM, PKCS#8, not encrypted.
    ///   - certificates: PEM: the leaf, its chain, the root where there is one. A key among them is
    ///     passed over.
    ///   - alias: The friendly name of key and leaf, which Java calls the alias.
    ///   - encryption: How key and certificates are encrypted.
    /// - Throws: A `CertificateError` when one of the texts is not that.
    package init(
        key: SensitiveBytes,
        certificates: SensitiveBytes,
        alias: String,
        encryption: PKCS12Encryption
    ) throws(CertificateError) {
        (self.key, self.certificates) = try ErrorQueue.isolated { () throws(CertificateError) in
            let blocks = try PEMReader.blocks(of: certificates)
                .filter { $0.label == "CERTIFICATE" }
            guard !blocks.isEmpty else { throw .noCertificate }
            return (
                PrivateKey(pem: try KeyHandle(pem: key).pkcs8PEM()),
                blocks.map { $0.contents.withUnsafeBytes { Array($0) } }
            )
        }
        self.alias = alias
        cipher = encryption.cipher
    }

    /// A new file, in DER.
    ///
    /// - Parameter password: UTF-8; no bytes are the empty password, which is two zero bytes in the
    ///   file (RFC 7292 §B.1), as `openssl pkcs12 -passout pass:` has it.
    /// - Returns: The file, with salts of its own.
    /// - Throws: An `IssuingError` when a certificate is unreadable or OpenSSL refuses the password.
    package func encoded(password: SensitiveBytes) throws(IssuingError) -> SensitiveBytes {
        try ErrorQueue.isolated { () throws(IssuingError) in
            let handle = try IssuingError.naming("read key") { () throws(CertificateError) in
                try KeyHandle(pem: key.pem)
            }
            var writer = PKCS12Writer(cipher: cipher, password: .secret(password))
            try writer.append(handle, friendlyName: alias)
            try writer.append(certificates, of: handle, friendlyName: alias)
            return try writer.finish()
        }
    }

    /// Whether a file opens with this password and holds exactly this: key, certificates and their
    /// order, alias, encryption.
    package func isHeld(by file: SensitiveBytes, password: SensitiveBytes) -> Bool {
        ErrorQueue.isolated {
            // Whatever makes it unreadable, it is not the file that was made.
            guard
                let found = try? PKCS12Reader.readProtected(file, password: .secret(password)),
                let keys = try? found.contents.keys.map({ try $0.pkcs8PEM() }),
                let held = try? found.contents.certificatesDER()
            else { return false }
            return keys == [key.pem] && held == certificates
                && found.protection == PKCS12Protection(cipher, keyNamed: alias)
        }
    }
}
