import Foundation
import HTTP

/// One read from a vault: what it is called in errors, and what would let it succeed.
package struct Reading: Sendable {
    let operation: String
    /// The built-in role that allows it.
    let role: String
    let url: SecretURL
    let object: ObjectID
    /// What is asked for with more than the version of the interface.
    var query: String?

    /// Reads the newest version of a certificate, without its key.
    package static func certificate(_ url: SecretURL) -> Reading {
        Reading(
            operation: "read certificate",
            // A secret's reader may not read certificates, but a certificate's may read its secret.
            role: "Key Vault Certificate User",
            url: url,
            object: ObjectID(
                host: url.host,
                collection: "certificates",
                name: url.name,
                version: nil
            )
        )
    }

    /// Reads a version of a secret with its value; the newest when `version` is nil, or is none.
    package static func secret(_ url: SecretURL, version: String?) -> Reading {
        Reading(
            operation: "read secret",
            role: "Key Vault Secrets User",
            url: url,
            object: ObjectID(
                host: url.host,
                collection: "secrets",
                name: url.name,
                version: version.flatMap(canonicalVersion)
            )
        )
    }

    /// An error without an answer, or with one that says nothing about itself.
    func failure(
        _ kind: VaultError.Kind,
        cause: String,
        hint: String? = nil
    ) -> VaultError {
        error(kind, nil, refusal: nil, cause: cause, hint: hint)
    }

    /// The error of a reading that was not made, since others of the same vault failed before.
    ///
    /// - Parameters:
    ///   - trouble: how the last of them failed.
    ///   - rest: for how long the vault still asked to be left alone.
    /// - Returns: an error of the same kind, with the other's reason.
    package func spared(_ trouble: VaultError, rest: Duration?) -> VaultError {
        VaultError(
            kind: trouble.kind,
            operation: operation,
            object: object.name,
            host: url.host,
            status: nil,
            code: trouble.code,
            innerCode: trouble.innerCode,
            message: trouble.message,
            requestID: trouble.requestID,
            cause: "not asked, the vault had failed before: \(trouble.reason)",
            hint: trouble.hint,
            retryAfter: rest
        )
    }

    /// The error for an answer 200 that can't be used.
    func malformed(_ response: HTTPResponse, _ reason: String) -> VaultError {
        error(.malformed, response, refusal: nil, cause: reason, hint: nil)
    }

    /// The error for any other answer.
    package func refused(_ response: HTTPResponse) -> VaultError {
        let refusal = Refusal(response)
        return error(
            refusal.kind,
            response,
            refusal: refusal,
            cause: nil,
            hint: refusal.hint(role: role)
        )
    }

    private func error(
        _ kind: VaultError.Kind,
        _ response: HTTPResponse?,
        refusal: Refusal?,
        cause: String?,
        hint: String?
    ) -> VaultError {
        VaultError(
            kind: kind,
            operation: operation,
            object: object.name,
            host: url.host,
            status: response?.status,
            code: refusal?.code,
            innerCode: refusal?.innerCode,
            message: refusal?.message,
            requestID: response?.value(of: "x-ms-request-id")?.oneLine(limit: 64),
            cause: cause,
            hint: hint,
            retryAfter: RetryPolicy.retryAfter(response?.value(of: "Retry-After"), now: Date())
        )
    }
}
