import Sensitive

/// A certificate and those that vouch for it, read from the files that a server reads.
package struct InstalledChain: Sendable {
    package let leaf: CertificateFacts

    /// What the chain's file holds, in its order.
    package let intermediates: [CertificateFacts]

    /// Whether nothing but the root can be missing; nil where that can't be told.
    ///
    /// A leaf that stands alone is whole only if the root itself signed it, and the root is in
    /// none of the files that everybody may read.
    package let isComplete: Bool?

    /// - Parameters:
    ///   - certificate: The leaf as PEM.
    ///   - chain: The intermediates as PEM; may be empty.
    ///   - bundle: Leaf, chain, root and key as PEM, of which the key isn't looked at; nil where
    ///     it may not be read.
    /// - Throws: A `CertificateError` when one of the texts has what is no certificate, or the
    ///   first of them none.
    package init(
        certificate: String,
        chain: String,
        bundle: SensitiveBytes?
    ) throws(CertificateError) {
        self = try ErrorQueue.isolated { () throws(CertificateError) in
            guard let leaf = try Self.certificates(in: Self.bytes(certificate)).first else {
                throw .noCertificate
            }
            let intermediates = try Self.certificates(in: Self.bytes(chain))
            var others = intermediates
            if let bundle {
                let known = Set((intermediates + [leaf]).map(\.der))
                others += try Self.certificates(in: bundle).filter { !known.contains($0.der) }
            }
            let isAlone = others.isEmpty && bundle == nil && !leaf.isSelfSigned
            return InstalledChain(
                leaf: leaf.facts,
                intermediates: intermediates.map(\.facts),
                isComplete: isAlone
                    ? nil : CertificateChain(of: leaf, among: others).isComplete
            )
        }
    }

    private init(leaf: CertificateFacts, intermediates: [CertificateFacts], isComplete: Bool?) {
        self.leaf = leaf
        self.intermediates = intermediates
        self.isComplete = isComplete
    }

    private static func bytes(_ text: String) -> SensitiveBytes {
        SensitiveBytes(copying: Array(text.utf8))
    }

    private static func certificates(
        in text: SensitiveBytes
    ) throws(CertificateError) -> [Certificate] {
        // OpenSSL's reader takes an empty text for an error.
        guard text.count > 0 else { return [] }
        var certificates: [Certificate] = []
        for block in try PEMReader.blocks(of: text) where block.label == "CERTIFICATE" {
            certificates.append(try Certificate(der: block.contents.withUnsafeBytes { Array($0) }))
        }
        return certificates
    }
}
