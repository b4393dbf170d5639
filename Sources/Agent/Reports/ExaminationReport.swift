import Foundation
import History

/// What was found in a version while its secret was at hand.
package struct ExaminationReport: Sendable, Encodable {
    package var certificate: String
    package var version: String
    package var findings: [FindingReport]
    package var at: Date
}

/// What a rule of the policy asks about.
package struct FindingReport: Sendable, Encodable, Equatable {
    package var rule: String
    package var message: String
}

extension ExaminationReport {
    init(_ examination: Examination) {
        self.init(
            certificate: examination.certificate,
            version: examination.version,
            findings: examination.findings.map {
                FindingReport(rule: $0.rule, message: $0.message)
            },
            at: examination.at
        )
    }
}
