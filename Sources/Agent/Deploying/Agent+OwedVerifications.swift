import Foundation
import History
import Logging
import Store

extension Agent {
    /// Looks at the servers that have not served what is live so far.
    ///
    /// A server is not looked at while the hook is owed that would make it serve the certificate.
    ///
    /// - Returns: What is not served.
    func verifyOwed() async throws -> [String] {
        let owed = try history.owedHooks(of: nil)
        var debts: [OwedHook] = []
        var orders: [VerificationOrder] = []
        for debt in owed where debt.phase == OwedHook.verifyPhase {
            guard let certificate = settings.certificate(named: debt.certificate),
                // A store that can't be read is told by the pass that follows.
                let current = try? store(of: certificate).currentVersion(of: debt.certificate)
            else { continue }
            let verification = certificate.verifications.first { $0.name == debt.hook }
            guard current == debt.version, let verification else {
                try history.settle(debt)
                continue
            }
            let waits = owed.contains {
                $0.certificate == debt.certificate && $0.version == current
                    && $0.phase != OwedHook.verifyPhase
            }
            guard !waits else { continue }
            debts.append(debt)
            orders.append(
                VerificationOrder(
                    certificate: certificate,
                    version: debt.version,
                    verification: verification
                )
            )
        }
        var problems: [String] = []
        for (run, debt) in zip(await verify(orders), debts) {
            if let deployment = try history.lastDeployment(
                of: debt.certificate,
                version: debt.version
            ) {
                try history.record(HookRunRecord(run), of: deployment.id)
            }
            log(run, of: debt.certificate)
            if run.outcome == .served {
                try history.settle(debt)
            } else {
                try history.owe(debt)
                problems.append("\(debt.certificate): \(run.finding)")
            }
        }
        return problems
    }
}
