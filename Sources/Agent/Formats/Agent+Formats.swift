import Sensitive
import Store

extension Agent {
    /// The PEM files of a version together with the files that are made of them.
    ///
    /// - Throws: A `StoreError`, as ``DerivedFiles/make(from:existing:)``; nothing is written.
    func withFormats(
        _ pem: [VersionFile],
        version: String,
        of certificate: ObservedCertificate
    ) throws(StoreError) -> [VersionFile] {
        guard !certificate.allFormats.isEmpty else { return pem }
        return pem
            + (try DerivedFiles(certificate: certificate, version: version).make(
                from: pem,
                existing: lookup(version, of: certificate)
            ))
    }

    /// Which of the files that are made of a version's PEM files are missing or not right.
    func misplacedFormats(
        _ pem: [VersionFile],
        version: String,
        of certificate: ObservedCertificate
    ) throws(StoreError) -> [String] {
        guard !certificate.allFormats.isEmpty else { return [] }
        return try DerivedFiles(certificate: certificate, version: version).misplaced(
            beside: pem,
            existing: lookup(version, of: certificate)
        )
    }

    private func lookup(
        _ version: String,
        of certificate: ObservedCertificate
    ) -> DerivedFiles.Lookup {
        let store = store(of: certificate)
        return { name in
            // A link, a directory, a pipe in its place: not the file that belongs there.
            (try? store.read(name, of: certificate.name, version: version)) ?? nil
        }
    }
}
