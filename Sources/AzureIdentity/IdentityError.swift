/// Why there is no token.
package struct IdentityError: Error, Sendable {
    package enum Kind: Sendable {
        /// No answer, or none that decides anything.
        case unreachable
        /// The endpoint says no, and would say it again.
        case refused
        case throttled
        case malformed
    }

    package let kind: Kind
    /// Operation, endpoint and cause: `get token for https://vault.azure.net from …: …`.
    package let description: String
    /// What to do about it.
    package let hint: String?

    package init(kind: Kind, description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }
}

extension IdentityError: CustomStringConvertible {}
