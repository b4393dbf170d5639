import HTTP

/// Why something could not be had from a vault.
package struct VaultError: Error, Sendable {
    package enum Kind: Sendable, Equatable {
        /// No answer came.
        case unreachable
        /// There is no token.
        case identity
        case throttled
        case serverError
        /// We may not: no role, no policy, the firewall, or a token that is not accepted.
        case denied
        /// The newest version is disabled; a vault never falls back to an older one.
        case disabled
        case notFound
        case malformed
        /// Any other answer but success.
        case rejected
    }

    package let kind: Kind
    /// What was tried: `read secret`.
    package let operation: String
    /// The name of the object; empty for a list.
    package let object: String
    package let host: String
    package let status: Int?
    /// `error.code` of the answer.
    package let code: String?
    /// `error.innererror.code` of the answer.
    package let innerCode: String?
    /// The vault's words on one line; not to be decided by.
    package let message: String?
    /// What Microsoft's support asks for.
    package let requestID: String?
    /// Why, where it was not the vault that said so.
    package let cause: String?
    /// What to do about it.
    package let hint: String?
    /// How long the vault asked to be left alone.
    package let retryAfter: Duration?
    /// The version that is disabled, where the certificate's public part has told it.
    package private(set) var disabledVersion: String?

    /// The same of a version.
    package func naming(disabledVersion version: String?) -> VaultError {
        var error = self
        error.disabledVersion = kind == .disabled ? version : nil
        return error
    }
}

extension VaultError: CustomStringConvertible {
    package var description: String {
        let subject = object.isEmpty ? operation : "\(operation) \"\(object)\""
        return "\(subject) from \(host): \(reason)"
    }

    /// Why, without what was tried.
    package var reason: String {
        guard let status else { return cause ?? "no answer" }
        if kind == .malformed { return "unusable answer: \(cause ?? "no reason")" }
        let codes = (innerCode ?? code).map { " (\($0))" } ?? ""
        let words = kind == .rejected ? message.map { ": \($0)" } ?? "" : ""
        return "\(describe(status: status))\(codes)\(words)"
    }
}

extension VaultError {
    /// For how long the vault is left alone: what it asked for, up to an hour.
    package var pause: Duration? { retryAfter.map { min($0, RetryPolicy.longestPause) } }

    /// Whether the same reading may succeed a moment later.
    var isTransient: Bool { kind == .throttled || kind == .serverError || kind == .unreachable }

    /// Whether the vault as a whole asks to be left alone, not only the object.
    ///
    /// 500 is an object's own until others fail as well: what a vault can't do for one
    /// certificate must not keep the rest from being read.
    var concernsTheVault: Bool {
        isTransient
            && (kind == .throttled || retryAfter != nil || [502, 503, 504].contains(status))
    }
}
