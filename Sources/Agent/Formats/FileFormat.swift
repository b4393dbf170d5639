/// A form in which a certificate's files are written.
package enum FileFormat: String, Sendable, Hashable, CaseIterable {
    /// The five PEM files, which every version has.
    case pem
    /// `bundle.p12`: leaf, chain, root where the vault has it, and key, under a password.
    case pkcs12
    /// `<name>.pem`: leaf, chain without the root, and key, which is what HAProxy's `crt` takes.
    case haproxy
    /// `cert.der` and `privkey.der`.
    case der

    /// The files of this form beside the PEM files, for a certificate of that local name.
    func fileNames(of certificate: String) -> [String] {
        switch self {
        case .pem: []
        case .pkcs12: [Self.pkcs12File]
        case .haproxy: ["\(certificate).pem"]
        case .der: ["cert.der", "privkey.der"]
        }
    }

    static let pkcs12File = "bundle.p12"

    /// The PEM files; no other form may take one of these names.
    static let pemFiles = ["privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "bundle.pem"]
}
