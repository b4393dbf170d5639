extension FindingReport {
    init(_ finding: PolicyFinding) {
        self.init(rule: finding.rule.rawValue, message: finding.message)
    }
}
