/// What is done about each rule for one certificate.
package struct Policy: Sendable, Hashable {
    private var actions: [PolicyRule: PolicyAction]

    /// What is done when the live files are no longer what was put on the disk.
    package var drift = DriftPolicy.heal

    /// - Parameter actions: What differs from what is usual.
    package init(_ actions: [PolicyRule: PolicyAction] = [:]) {
        self.actions = actions
    }

    package subscript(rule: PolicyRule) -> PolicyAction {
        get { actions[rule] ?? rule.standard }
        set { actions[rule] = newValue }
    }
}
