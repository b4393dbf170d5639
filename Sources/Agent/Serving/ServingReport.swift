/// What this machine's listeners serve: the contract of `kvagent serving --json`.
package struct ServingReport: Sendable, Encodable {
    /// Those that speak TLS, in the kernel's order.
    package let listeners: [ServingListener]

    /// What could not be seen, and how to see it.
    package let warnings: [String]

    /// Whether a version is served that isn't live any more.
    package var hasOlder: Bool {
        listeners.contains { $0.certificates.contains { $0.standing == .older } }
    }
}
