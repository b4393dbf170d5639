extension Settings {
    /// The certificates of those names, in the order of the settings; all of them for nil.
    ///
    /// - Throws: ``Refusal`` that lists the names there are.
    package func certificates(named names: [String]?) throws(Refusal) -> [ObservedCertificate] {
        guard let names, !names.isEmpty else { return certificates }
        for name in names where certificate(named: name) == nil {
            throw .unknownCertificate(name, among: certificates.map(\.name))
        }
        return certificates.filter { names.contains($0.name) }
    }
}

extension Refusal {
    /// A name that the settings don't have.
    static func unknownCertificate(_ name: String, among names: [String]) -> Refusal {
        Refusal(
            "no certificate \"\(name)\" in the settings",
            hint: "the settings have \(names.prefix(20).joined(separator: ", "))"
        )
    }
}
