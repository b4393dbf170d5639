/// A request that can't be met as it was asked: no such certificate, version or state.
package struct Refusal: Error, Sendable, CustomStringConvertible {
    /// What can't be done and why, lower case, no full stop.
    package let description: String

    /// What to do instead.
    package let hint: String?

    package init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
