import Foundation

/// What was found in a version while its secret was at hand.
package struct Examination: Sendable, Codable, Hashable {
    /// One thing that a rule of the policy asks about, whatever the settings say of that rule.
    package struct Finding: Sendable, Codable, Hashable {
        /// The rule's name in the settings.
        package var rule: String
        package var message: String

        package init(rule: String, message: String) {
            self.rule = rule
            self.message = message
        }
    }

    package var certificate: String
    package var version: String
    package var findings: [Finding]
    package var at: Date

    package init(certificate: String, version: String, findings: [Finding], at: Date) {
        self.certificate = certificate
        self.version = version
        self.findings = findings
        self.at = at
    }
}
