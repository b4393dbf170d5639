import History
import Hooks
import Store

/// A version that was refused before anything was tried with it: its contents won't do, or the policy
/// holds it until a person approves it.
struct RefusedVersion {
    let certificate: ObservedCertificate
    let version: String
    let current: String?
    let trigger: Trigger
    let error: String

    /// Its row in the history.
    let deployment: Int64
}

extension Agent {
    /// Tells the failure hooks of a version that never became a candidate.
    func runFailureHooks(_ refused: RefusedVersion, catalog: HookCatalog) async throws {
        let event = HookEvent(
            phase: .failure,
            trigger: refused.trigger.rawValue,
            runId: runID,
            attempt: 1,
            certificates: [
                eventCertificate(
                    refused.certificate,
                    version: refused.version,
                    previous: refused.current,
                    isLive: false
                )
            ],
            error: refused.error
        )
        for hook in catalog.hooks(.failure, for: refused.certificate.name) {
            _ = try await runHookUntilItSucceeds(hook, event: event) { run in
                try history.record(HookRunRecord(run), of: refused.deployment)
            }
        }
    }
}

extension StoreError {
    /// The error with what to do about it.
    var explained: String { hint.map { "\(description); \($0)" } ?? description }
}
