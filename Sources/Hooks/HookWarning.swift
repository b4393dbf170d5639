/// A file that looks like a hook and will not run, or a directory whose files will not.
package struct HookWarning: Sendable, Hashable, CustomStringConvertible {
    package let path: String
    /// Why, and what to do about it.
    package let reason: String

    package init(path: String, reason: String) {
        self.path = path
        self.reason = reason
    }

    package var description: String { "skip \(path): \(reason)" }
}
