import Foundation

/// One thing that the ledger holds.
package enum LedgerRecord: Sendable, Hashable {
    case version(VersionRecord)
    case examination(Examination)
    case deployment(Deployment)
    case pin(PastPin)
    case retry(Retry)
    case approval(Approval)
}

/// That somebody wanted the refused versions of a certificate to be tried again.
package struct Retry: Sendable, Hashable {
    package var certificate: String
    package var actor: String
    package var at: Date

    package init(certificate: String, actor: String, at: Date) {
        self.certificate = certificate
        self.actor = actor
        self.at = at
    }
}
