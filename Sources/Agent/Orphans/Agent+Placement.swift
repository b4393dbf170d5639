import History
import Store
import SystemPackage

extension Agent {
    /// Notes where the files of certificates lie, and with which access, once they do.
    ///
    /// Settings that name another place, or a certificate no more, leave them there: from this
    /// it is known then that they are the agent's.
    func recordPlacements(of certificates: [ObservedCertificate]) throws(HistoryError) {
        try history.record(
            certificates.map { certificate in
                PlacementRecord(
                    certificate: certificate.name,
                    location: certificate.storeLocation.string,
                    access: certificate.filesInWords
                )
            }
        )
    }
}
