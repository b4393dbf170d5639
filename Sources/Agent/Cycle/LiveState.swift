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

extension Agent {
    /// What is live of certificates, from their directories and from one state of the history.
    ///
    /// - Throws: `HistoryError`. What concerns one certificate is thrown where it is asked for.
    func liveEvidence(of certificates: [ObservedCertificate]) throws -> LiveState {
        var state = LiveState()
        var questions: [LiveVersionQuestion] = []
        for (location, members) in Dictionary(grouping: certificates, by: \.storeLocation) {
            let names = members.map(\.name)
            let versions = CertificateStore(root: location).currentVersions(of: names)
            for (name, version) in zip(names, versions) {
                do throws(StoreError) {
                    questions.append(
                        LiveVersionQuestion(
                            certificate: name,
                            version: try version.get(),
                            location: location.string
                        )
                    )
                } catch {
                    state.troubles[name] = error
                }
            }
        }
        for evidence in try history.liveEvidence(of: questions) {
            state.evidence[evidence.certificate] = evidence
        }
        return state
    }
}
