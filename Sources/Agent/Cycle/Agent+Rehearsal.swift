import History
import Hooks
import KeyVault

extension Agent {
    /// What a pass would do, from what was observed, with no effect.
    func rehearse(_ observations: [Observation]) throws -> PassReport {
        let live = try liveEvidence(of: observations.map(\.certificate))
        let reports = try observations.map { observation in
            let certificate = observation.certificate
            let offer: Observation.Offer
            switch observation.result {
            case .success(let value): offer = value
            case .failure(let error):
                return CertificateReport(name: certificate.name, noOffer: error)
            }
            var situation = try situation(
                of: certificate,
                live.evidence(of: certificate),
                offered: offer.newest
            )
            let fetched = offer.fetched(situation.target)
            // What a real pass would have recorded by now.
            if situation.record?.thumbprint == nil {
                situation.record = fetched?.record
                situation.contents = fetched?.examination?.findings ?? []
            }
            let judgement = Judgement(situation, fetched: fetched)
            if case .unchanged = judgement,
                let report = try reportOfPin(situation, newest: offer.newest, of: certificate)
            {
                return report
            }
            return CertificateReport(
                name: certificate.name,
                version: situation.target,
                verdict: judgement.verdict(current: situation.current),
                warnings: judgement.isDeployment ? situation.findings.warnings : []
            )
        }
        return PassReport(
            runID: runID,
            certificates: reports,
            warnings: hookCatalog().warnings.map(\.description),
            failedHooks: []
        )
    }
}
