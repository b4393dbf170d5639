import COpenSSL

/// One certificate of a secret: what it says, its encoding, and OpenSSL's view of it.
struct Certificate {
    let der: [UInt8]
    let facts: CertificateFacts
    /// Whether it is signed with its own key, as a root is.
    let isSelfSigned: Bool
    let handle: CertificateHandle
    /// OpenSSL's hashes of the names in their canonical form: unequal hashes are unequal names.
    private let nameHashes: (subject: UInt, issuer: UInt)

    init(_ handle: CertificateHandle) throws(CertificateError) {
        self.handle = handle
        der = try handle.der()
        facts = try handle.facts()
        isSelfSigned = facts.isSelfIssued && handle.isIssued(by: handle)
        nameHashes = (X509_subject_name_hash(handle.raw), X509_issuer_name_hash(handle.raw))
    }

    init(der: [UInt8]) throws(CertificateError) {
        try self.init(CertificateHandle(der: der))
    }

    /// Each of them once, in their order.
    static func distinct(_ handles: [CertificateHandle]) throws(CertificateError) -> [Certificate] {
        var certificates: [Certificate] = []
        for handle in handles {
            let certificate = try Certificate(handle)
            guard !certificates.contains(where: { $0.der == certificate.der }) else { continue }
            certificates.append(certificate)
        }
        return certificates
    }

    /// Whether `issuer` signed this certificate.
    func isIssued(by issuer: Certificate) -> Bool {
        nameHashes.issuer == issuer.nameHashes.subject && handle.isIssued(by: issuer.handle)
    }
}
