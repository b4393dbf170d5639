import History
import Store
import SystemPackage

/// What is live of each of many certificates, read at one time.
struct LiveState: Sendable {
    fileprivate var evidence: [String: LiveEvidence] = [:]

    /// Why it can't be told what is live of some.
    fileprivate var troubles: [String: StoreError] = [:]

    /// What is live of one of those that were asked for.
    ///
    /// - Throws: Why it can't be told.
    func evidence(of certificate: ObservedCertificate) throws(StoreError) -> LiveEvidence {
        if let trouble = troubles[certificate.name] { throw trouble }
        guard let evidence = evidence[certificate.name] else {
            preconditionFailure("\(certificate.name) was not asked for")
        }
        return evidence
    }
}

extension Array<ObservedCertificate> {
    /// The live version of each, in their order, or why that can't be told.
    ///
    /// A store that neighbours share, as mostly all do, is opened once for them.
    func liveVersions() -> [Result<String?, StoreError>] {
        var versions: [Result<String?, StoreError>] = []
        var rest = self[...]
        while let location = rest.first?.storeLocation {
            let neighbours = rest.prefix { $0.storeLocation == location }
            versions += CertificateStore(root: location)
                .currentVersions(of: neighbours.map(\.name))
            rest = rest[neighbours.endIndex...]
        }
        return versions
    }
}

extension Agent {
    /// What is live of certificates, from their directories and from one state of the history.
    ///
    /// - Throws: `HistoryError`. What concerns one certificate is thrown where it is asked for.
    func liveEvidence(of certificates: [ObservedCertificate]) throws -> LiveState {
        var state = LiveState()
        var questions: [LiveVersionQuestion] = []
        for (certificate, version) in zip(certificates, certificates.liveVersions()) {
            do throws(StoreError) {
                questions.append(
                    LiveVersionQuestion(
                        certificate: certificate.name,
                        version: try version.get(),
                        location: certificate.storeLocation.string
                    )
                )
            } catch {
                state.troubles[certificate.name] = error
            }
        }
        for evidence in try history.liveEvidence(of: questions) {
            state.evidence[evidence.certificate] = evidence
        }
        return state
    }
}
