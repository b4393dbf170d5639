import History
import Store
import SystemPackage

extension Agent {
    /// Notes where the files of a certificate lie, and with which access, once they do.
    ///
    /// Settings that name another place, or the certificate no more, leave them there: from this
    /// it is known then that they are the agent's.
    func recordPlacement(of certificate: ObservedCertificate) throws(HistoryError) {
        try history.record(
            PlacementRecord(
                certificate: certificate.name,
                location: certificate.storeLocation.string,
                access: certificate.filesInWords
            )
        )
    }
}
