import PKI
import SystemPackage

extension Settings {
    /// The formats of a certificate; nil where there are none beside PEM.
    func effectiveFormats(
        _ certificate: ObservedCertificate,
        _ path: String
    ) -> EffectiveValue? {
        let formats = FileFormat.settable.filter { certificate.formats.contains($0) }
        guard !formats.isEmpty else { return nil }
        return .list(formats.map { scalar($0.rawValue, path) })
    }

    /// How the PKCS#12 file of a certificate is made; nil where none is.
    func effectivePKCS12(
        _ certificate: ObservedCertificate,
        _ path: String
    ) -> EffectiveValue? {
        guard certificate.formats.contains(.pkcs12) else { return nil }
        let pkcs12 = certificate.pkcs12
        let entries: [(String, EffectiveValue?)] = [
            ("passwordFile", pkcs12.passwordFile.map { scalar($0.string, "\(path).passwordFile") }),
            ("encryption", scalar(pkcs12.encryption.rawValue, "\(path).encryption")),
            ("alias", scalar(pkcs12.alias ?? certificate.name, "\(path).alias")),
        ]
        return .map(
            entries.compactMap { key, value in
                value.map { EffectiveValue.Entry(key: key, value: $0) }
            }
        )
    }

    private func scalar(_ text: String, _ path: String) -> EffectiveValue {
        .scalar(.text(text), origins.lines[path].map { .line($0) } ?? .standard)
    }
}
