import Locking

/// The gates of all the vaults that a process asks.
///
/// It outlives a reload of the settings: a vault that is throttled is so still.
package final class VaultGates: Sendable {
    private struct Origin: Hashable {
        let host: String
        let port: Int?
    }

    private let policy: RetryPolicy
    private let gates = Locked<[Origin: VaultGate]>([:])

    package init(_ policy: RetryPolicy = .standard) {
        self.policy = policy
    }

    /// Gives vaults that were shut another chance.
    package func beginPass() async {
        for gate in gates.withLock({ Array($0.values) }) { await gate.beginPass() }
    }

    func gate(host: String, port: Int?) -> VaultGate {
        gates.withLock { gates in
            let origin = Origin(host: host, port: port)
            if let gate = gates[origin] { return gate }
            let gate = VaultGate(policy)
            gates[origin] = gate
            return gate
        }
    }
}
