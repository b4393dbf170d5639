import Foundation
import History
import PKI

/// What came of looking whether a server serves a version.
struct VerificationRun: Sendable {
    let verification: Verification
    let startedAt: Date
    let duration: Duration
    let outcome: VerificationOutcome

    /// What was seen, and what should have been, in words.
    let finding: String
}

/// How a look at a server ended.
enum VerificationOutcome: Sendable {
    case served
    case notServed

    /// Nobody listens yet, and nobody could have: it is the certificate's first version.
    case notYet
}

extension HookRunRecord {
    /// The look as the history keeps it, among the runs of hooks and with their exit codes.
    init(_ run: VerificationRun) {
        let exitCode =
            switch run.outcome {
            case .served: 0
            case .notServed: 1
            case .notYet: 75
            }
        self.init(
            name: run.verification.name,
            phase: OwedHook.verifyPhase,
            startedAt: run.startedAt,
            exitCode: exitCode,
            durationMs: Int(run.duration.inSeconds * 1000),
            output: run.finding
        )
    }
}

extension OwedHook {
    /// The phase of a verification that has not succeeded yet; no hook has it.
    static let verifyPhase = "verify"

    /// A verification that is due at the next pass.
    init(
        _ verification: Verification,
        of certificate: String,
        version: String,
        attempts: Int
    ) {
        self.init(
            certificate: certificate,
            version: version,
            phase: Self.verifyPhase,
            hook: verification.name,
            since: Date(),
            attempts: attempts
        )
    }
}
