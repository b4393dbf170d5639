import Foundation
import History

/// One element of `kvagent history --json`, newest first.
package struct DeploymentReport: Sendable, Encodable {
    package var certificate: String
    package var version: String
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?
    package var trigger: Trigger

    /// Null while the deployment is under way.
    @OrNull package var outcome: Outcome?
    @OrNull package var reason: String?
    package var actor: String
    package var startedAt: Date
    @OrNull package var finishedAt: Date?
    @OrNull package var previousVersion: String?
    package var runId: String
    @OrNull package var error: String?
    package var hooks: [HookRunReport]
}

/// One hook run of a deployment.
package struct HookRunReport: Sendable, Encodable {
    package var name: String
    package var phase: String
    @OrNull package var exitCode: Int?
    @OrNull package var signal: Int?
    package var timedOut: Bool
    package var durationMs: Int
    package var output: String

    /// Why the hook could not be started.
    @OrNull package var error: String?
}

extension DeploymentReport {
    package init(_ deployment: Deployment) {
        self.init(
            certificate: deployment.certificate,
            version: deployment.version,
            thumbprint: deployment.thumbprint,
            sha256: deployment.sha256,
            notBefore: deployment.notBefore,
            notAfter: deployment.notAfter,
            trigger: deployment.trigger,
            outcome: deployment.outcome,
            reason: deployment.reason,
            actor: deployment.actor,
            startedAt: deployment.startedAt,
            finishedAt: deployment.finishedAt,
            previousVersion: deployment.previousVersion,
            runId: deployment.runID,
            error: deployment.error,
            hooks: deployment.hookRuns.map {
                HookRunReport(
                    name: $0.name,
                    phase: $0.phase,
                    exitCode: $0.exitCode,
                    signal: $0.signal,
                    timedOut: $0.timedOut,
                    durationMs: $0.durationMs,
                    output: $0.output,
                    error: $0.error
                )
            }
        )
    }
}
