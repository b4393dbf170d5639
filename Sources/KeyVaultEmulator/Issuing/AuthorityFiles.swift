import FoundationEssentials
import PKI
import Sensitive

/// The emulator's certificate authority, which is made once and then kept in the state folder.
enum AuthorityFiles {
    /// What clients are told to trust: the root alone.
    static let clientFile = "ca.pem"

    /// The authority of an earlier start, or a new one.
    static func load(from folder: StateFolder) throws -> CertificateAuthority {
        if let root = try folder.read(clientFile),
            let intermediate = try folder.read("intermediate.pem"),
            let rootKey = try folder.read("ca.key"),
            let intermediateKey = try folder.read("intermediate.key")
        {
            return CertificateAuthority(
                rootPEM: String(decoding: root, as: UTF8.self),
                intermediatePEM: String(decoding: intermediate, as: UTF8.self),
                rootKey: PrivateKey(pem: SensitiveBytes(copying: rootKey)),
                intermediateKey: PrivateKey(pem: SensitiveBytes(copying: intermediateKey))
            )
        }
        let authority = try CertificateAuthority.create(named: "Key Vault emulator")
        try write(authority.intermediateKey, to: "intermediate.key", in: folder)
        try write(authority.rootKey, to: "ca.key", in: folder)
        try folder.write(Array(authority.intermediatePEM.utf8), to: "intermediate.pem")
        // Last: an authority cut short on its first start is made anew by the next.
        try folder.write(Array(authority.rootPEM.utf8), to: clientFile)
        return authority
    }

    private static func write(_ key: PrivateKey, to name: String, in folder: StateFolder) throws {
        try folder.write(key.pem.withBytes { span in span.indices.map { span[$0] } }, to: name)
    }
}
