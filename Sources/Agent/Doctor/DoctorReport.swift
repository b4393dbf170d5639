/// What `kvagent doctor` found: one step after another, up to the first that fails.
package struct DoctorReport: Sendable, Encodable {
    /// The steps between the settings and a deployment, in the order in which each needs the ones
    /// before it.
    package enum Step: String, Sendable, Encodable, CaseIterable {
        /// The settings can be read, and what they name is there.
        case settings
        /// There is a token for the vaults' cloud.
        case identity
        /// The vaults' names have addresses.
        case dns
        /// Something answers at these.
        case tcp
        /// It is who it should be, and speaks TLS 1.2 or later.
        case tls
        /// The vaults accept the token.
        case token
        /// The identity may read the secrets.
        case permission
        /// The newest versions are certificates with their keys.
        case parse
        /// What is fetched can be written and recorded.
        case store
        /// Hooks can be started.
        case hooks
    }

    package enum Outcome: String, Sendable, Encodable {
        case ok
        /// It works, and there is something to know.
        case warning
        case failed
        /// Not looked at, because an earlier step has failed.
        case notReached
    }

    /// What was found out about one thing.
    package struct Finding: Sendable, Encodable {
        /// A certificate, a vault, a file.
        package let subject: String
        package let outcome: Outcome
        package let message: String
        /// What to do about it.
        @OrNull package var hint: String?

        init(_ subject: String, _ outcome: Outcome, _ message: String, hint: String? = nil) {
            self.subject = subject
            self.outcome = outcome
            self.message = message
            self.hint = hint
        }

        /// A problem of the settings, which says itself what to do.
        init(_ problem: SettingsProblem) {
            self.init(
                "\(problem.file):\(problem.line)",
                .failed,
                problem.key.isEmpty ? problem.message : "\(problem.key): \(problem.message)"
            )
        }
    }

    package struct StepReport: Sendable, Encodable {
        package let step: Step
        package let outcome: Outcome
        package let findings: [Finding]
    }

    /// All of them, in order.
    package let steps: [StepReport]
    @OrNull package var failedStep: Step?
    /// Whether what failed was that a server is away, and not what it said.
    package let isUnavailable: Bool

    private enum CodingKeys: String, CodingKey {
        case steps, failedStep
    }

    init(_ reached: [(Step, [Finding])], isUnavailable: Bool = false) {
        steps = Step.allCases.map { step in
            let findings = reached.first { $0.0 == step }?.1
            return StepReport(
                step: step,
                outcome: findings.map(Self.worst) ?? .notReached,
                findings: findings ?? []
            )
        }
        failedStep = steps.first { $0.outcome == .failed }?.step
        self.isUnavailable = isUnavailable
    }

    /// That the settings can't be read.
    package init(_ error: SettingsError) {
        self.init(
            [(.settings, error.problems.map { Finding($0) })]
        )
    }

    private static func worst(_ findings: [Finding]) -> Outcome {
        if findings.contains(where: { $0.outcome == .failed }) { return .failed }
        return findings.contains { $0.outcome == .warning } ? .warning : .ok
    }
}
