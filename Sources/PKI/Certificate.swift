import COpenSSL

/// One certificate of a secret: its encoding, which is opened again where OpenSSL has to look at it.
struct Certificate {
    let der: [UInt8]
    let facts: CertificateFacts
    /// Whether it is signed with its own key, as a root is.
    let isSelfSigned: Bool
    /// OpenSSL's hashes of the names in their canonical form: unequal hashes are unequal names.
    private let nameHashes: (subject: UInt, issuer: UInt)

    init(der: [UInt8]) throws(CertificateError) {
        let handle = try CertificateHandle(der: der)
        self.der = der
        facts = try handle.facts()
        isSelfSigned = facts.isSelfIssued && handle.isIssued(by: handle)
        nameHashes = (X509_subject_name_hash(handle.raw), X509_issuer_name_hash(handle.raw))
    }

    /// Whether `issuer` signed this certificate.
    func isIssued(by issuer: Certificate) throws(CertificateError) -> Bool {
        guard nameHashes.issuer == issuer.nameHashes.subject else { return false }
        return try CertificateHandle(der: der).isIssued(by: try CertificateHandle(der: issuer.der))
    }
}
