import AzureIdentity
import PKI
import Sensitive

extension ClientCertificate {
    /// The certificate and the key of a PEM text.
    init(pem: SensitiveBytes) throws(Problem) {
        let certificate = try Self.explained { () throws(CertificateError) in
            try SigningCertificate(pem: pem)
        }
        self.init(
            chain: certificate.chainDER,
            sha256: PKI.sha256(certificate.chainDER.first ?? []),
            sign: { (message) throws(Problem) in
                try Self.explained { () throws(CertificateError) in
                    try certificate.signature(of: message)
                }
            }
        )
    }

    /// PKI's errors are about secrets of a vault; this is a file of the operator's.
    private static func explained<Value>(
        _ body: () throws(CertificateError) -> Value
    ) throws(Problem) -> Value {
        do throws(CertificateError) {
            return try body()
        } catch {
            let both = "write certificate and private key into it, PEM, without a password"
            switch error {
            case .noPrivateKey: throw Problem(cause: "holds no private key", hint: both)
            case .noCertificate: throw Problem(cause: "holds no certificate", hint: both)
            case .keyMismatch:
                throw Problem(cause: "its private key belongs to none of its certificates")
            case .ambiguousCertificate:
                throw Problem(cause: "several of its certificates fit its keys", hint: both)
            case .badKey(let reason): throw Problem(cause: "unusable private key: \(reason)")
            default: throw Problem(cause: error.description)
            }
        }
    }
}
