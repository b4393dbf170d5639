import Sensitive

/// The certificate that an application is registered with, and what its key can do.
///
/// OpenSSL is not spoken here: whoever speaks it reads the file and signs.
package struct ClientCertificate: Sendable {
    /// The text of a PEM file as a certificate; throws the cause as a ``Problem``.
    package typealias Reader = @Sendable (SensitiveBytes) throws(Problem) -> ClientCertificate

    /// What is wrong with it: `holds no private key`.
    package struct Problem: Error, Sendable {
        package let cause: String
        package let hint: String?

        package init(cause: String, hint: String? = nil) {
            self.cause = cause
            self.hint = hint
        }
    }

    /// The certificate, then those that vouch for it; DER.
    package let chain: [[UInt8]]
    /// SHA-256 of the certificate's DER.
    package let sha256: [UInt8]
    /// Makes a signature by PS256 (RFC 7518, section 3.5).
    package let sign: @Sendable ([UInt8]) throws(Problem) -> [UInt8]

    package init(
        chain: [[UInt8]],
        sha256: [UInt8],
        sign: @escaping @Sendable ([UInt8]) throws(Problem) -> [UInt8]
    ) {
        self.chain = chain
        self.sha256 = sha256
        self.sign = sign
    }
}
