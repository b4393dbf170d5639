import Foundation
import History

/// One line of `kvagent history export`: `type`, and what belongs to it.
package enum LedgerRecordReport: Sendable, Encodable {
    case version(FetchedVersion)
    case deployment(DeploymentReport)
    case pin(PastPinReport)
    case retry(RetryReport)
    case examination(ExaminationReport)
    case approval(ApprovalReport)

    private enum CodingKeys: String, CodingKey {
        case type
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .version(let version):
            try container.encode("version", forKey: .type)
            try version.encode(to: encoder)
        case .deployment(let deployment):
            try container.encode("deployment", forKey: .type)
            try deployment.encode(to: encoder)
        case .pin(let pin):
            try container.encode("pin", forKey: .type)
            try pin.encode(to: encoder)
        case .retry(let retry):
            try container.encode("retry", forKey: .type)
            try retry.encode(to: encoder)
        case .examination(let examination):
            try container.encode("examination", forKey: .type)
            try examination.encode(to: encoder)
        case .approval(let approval):
            try container.encode("approval", forKey: .type)
            try approval.encode(to: encoder)
        }
    }
}

/// A version as it was fetched.
package struct FetchedVersion: Sendable, Encodable {
    package var certificate: String
    package var version: String
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var subject: String?
    @OrNull package var issuer: String?
    @OrNull package var serialNumber: String?
    package var dnsNames: [String]
    @OrNull package var keyType: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?
    @OrNull package var contentType: String?
    package var fetchedAt: Date

    /// The SHA-256 of each file that it was written as.
    package var files: [String: String]
}

/// A pin and its end.
package struct PastPinReport: Sendable, Encodable {
    package var certificate: String
    package var version: String
    @OrNull package var reason: String?
    package var actor: String
    package var at: Date
    @OrNull package var until: Date?
    @OrNull package var liftedAt: Date?
    @OrNull package var liftedBy: String?
}

/// A `kvagent retry`.
package struct RetryReport: Sendable, Encodable {
    package var certificate: String
    package var actor: String
    package var at: Date
}

extension LedgerRecordReport {
    package init(_ record: LedgerRecord) {
        switch record {
        case .version(let version):
            self = .version(
                FetchedVersion(
                    certificate: version.certificate,
                    version: version.version,
                    thumbprint: version.thumbprint,
                    sha256: version.sha256,
                    subject: version.subject,
                    issuer: version.issuer,
                    serialNumber: version.serialNumber,
                    dnsNames: version.dnsNames,
                    keyType: version.keyType,
                    notBefore: version.notBefore,
                    notAfter: version.notAfter,
                    contentType: version.contentType,
                    fetchedAt: version.fetchedAt,
                    files: version.files
                )
            )
        case .deployment(let deployment): self = .deployment(DeploymentReport(deployment))
        case .pin(let past):
            self = .pin(
                PastPinReport(
                    certificate: past.pin.certificate,
                    version: past.pin.version,
                    reason: past.pin.reason,
                    actor: past.pin.actor,
                    at: past.pin.at,
                    until: past.pin.until,
                    liftedAt: past.removedAt,
                    liftedBy: past.removedBy
                )
            )
        case .retry(let retry):
            self = .retry(
                RetryReport(certificate: retry.certificate, actor: retry.actor, at: retry.at)
            )
        case .examination(let examination): self = .examination(ExaminationReport(examination))
        case .approval(let approval): self = .approval(ApprovalReport(approval))
        }
    }
}
