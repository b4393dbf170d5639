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
    /// `certificates.pem` and `version.json`: what version 4 of the extension has, beside the key.
    case extensionV4

    /// The files of this form beside the PEM files, for a certificate of that local name.
    func fileNames(of certificate: String) -> [String] {
        switch self {
        case .pem: []
        case .pkcs12: [Self.pkcs12File]
        case .haproxy: ["\(certificate).pem"]
        case .der: ["cert.der", "privkey.der"]
        case .extensionV4: [Self.certificatesFile, Self.versionFile]
        }
    }

    static let pkcs12File = "bundle.p12"

    /// Leaf, chain and root where the vault has it, without the key.
    static let certificatesFile = "certificates.pem"

    /// Which version it is, for whoever watches one file.
    static let versionFile = "version.json"

    /// Those that `formats` may list; the others come with other settings.
    static let settable = allCases.filter { $0 != .extensionV4 }

    /// The PEM files; no other form may take one of these names.
    static let pemFiles = ["privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "bundle.pem"]
}
