/// The refusals of Key Vault, in its own words where they have been seen.
extension Reply {
    static func refusal(_ status: Int, _ code: String, _ message: String, inner: String? = nil)
        -> Reply
    {
        .json(
            .object([
                "error": .object([
                    "code": .string(code),
                    "message": .string(message),
                    "innererror": inner.map { .object(["code": .string($0)]) },
                ])
            ]),
            status: status
        )
    }

    static func badParameter(_ message: String) -> Reply {
        refusal(400, "BadParameter", message)
    }

    /// `what` is `Secret` or `Certificate`; `name` has `/versions/VERSION` or `/VERSION` where a
    /// version is missing.
    static func notFound(_ what: String, _ name: String) -> Reply {
        refusal(
            404,
            what + "NotFound",
            "A \(what.lowercased()) with (name/id) \(name) was not found in this key vault. If you "
                + "recently deleted this \(what.lowercased()) you may be able to recover it using "
                + "the correct recovery command. For help resolving this issue, please see "
                + "https://go.microsoft.com/fwlink/?linkid=2125182"
        )
    }

    static func deletedNotFound(_ what: String, _ name: String) -> Reply {
        refusal(404, what + "NotFound", "Deleted \(what) not found: \(name)")
    }

    static func pendingNotFound(_ name: String) -> Reply {
        refusal(404, "PendingCertificateNotFound", "Pending certificate not found: \(name)")
    }

    static let secretDisabled = refusal(
        403,
        "Forbidden",
        "Operation get is not allowed on a disabled secret.",
        inner: "SecretDisabled"
    )

    static func managedSecret(_ operation: String) -> Reply {
        refusal(
            403,
            "Forbidden",
            "Operation \(operation) is not allowed on a secret that is managed by a certificate.",
            inner: "SecretManagedByKeyVault"
        )
    }

    static func deletedButRecoverable(_ what: String, _ name: String) -> Reply {
        refusal(
            409,
            "Conflict",
            "\(what) \(name) is currently in a deleted but recoverable state, and its name cannot "
                + "be reused; in this state, the \(what.lowercased()) can only be recovered or "
                + "purged.",
            inner: "ObjectIsDeletedButRecoverable"
        )
    }

    static func nameTaken(_ what: String, _ name: String) -> Reply {
        refusal(409, "Conflict", "The name \(name) is in use by a \(what.lowercased()).")
    }

    /// 429 in the words of the service; Key Vault has been seen without `Retry-After`.
    static func throttled(_ service: Fault.Service, retryAfterSeconds: Int?) -> Reply {
        var reply =
            service == .vault
            ? refusal(
                429,
                "Throttled",
                "Request was not processed because too many requests were received. Reason: "
                    + "VaultRequestTypeLimitReached"
            )
            : .json(
                .object([
                    "error": .string("invalid_request"),
                    "error_description": .string("Temporarily throttled, too many requests"),
                ]),
                status: 429
            )
        if let retryAfterSeconds {
            reply.fields.append(.init(name: "Retry-After", value: String(retryAfterSeconds)))
        }
        return reply
    }

    static func deniedByPolicy(_ caller: String, permission: String, vault: String) -> Reply {
        refusal(
            403,
            "Forbidden",
            "The user, group or application '\(caller)' does not have \(permission) permission on "
                + "key vault '\(vault);location=westeurope'. For help resolving this issue, please "
                + "see https://go.microsoft.com/fwlink/?linkid=2125287",
            inner: "ForbiddenByPolicy"
        )
    }

    static func deniedByRole(
        _ caller: String,
        action: String,
        vault: String,
        object: String
    ) -> Reply {
        refusal(
            403,
            "Forbidden",
            "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny "
                + "assignments or role definitions were changed recently, please observe "
                + "propagation time.\r\nCaller: \(caller)\r\nAction: '\(action)'\r\nResource: "
                + "'/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups/emulator/"
                + "providers/microsoft.keyvault/vaults/\(vault)"
                + "\(object.isEmpty ? "" : "/\(object)")'\r\nAssignment: (not "
                + "found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC' "
                + "\r\nVault: \(vault);location=westeurope\r\n",
            inner: "ForbiddenByRbac"
        )
    }

    static func deniedByFirewall(_ caller: String, vault: String) -> Reply {
        refusal(
            403,
            "Forbidden",
            "Client address is not authorized and caller is not a trusted service.\r\nClient "
                + "address: \(VaultAccess.clientAddress)\r\nCaller: \(caller)\r\nVault: "
                + "\(vault);location=westeurope",
            inner: "ForbiddenByFirewall"
        )
    }

    static func deniedByConnection(_ caller: String, vault: String) -> Reply {
        refusal(
            403,
            "Forbidden",
            "Public network access is disabled and request is not from a trusted service nor via "
                + "an approved private link.\r\nCaller: \(caller)\r\nVault: "
                + "\(vault);location=westeurope",
            inner: "ForbiddenByConnection"
        )
    }

    /// What is in the middle of being deleted.
    static let objectNotPermitted = refusal(
        403,
        "Forbidden",
        "Operation get is not permitted on this object.",
        inner: "AccessDenied"
    )

    /// 401 with the challenge that tells where to get a token and for what.
    static func unauthorized(_ message: String, port: String) -> Reply {
        var reply = refusal(401, "Unauthorized", message)
        reply.fields.append(
            .init(
                name: "WWW-Authenticate",
                value: "Bearer authorization=\"https://\(AuthorityService.host)\(port)/"
                    + "\(TokenAuthority.tenant)\", resource=\"https://vault.localhost\(port)\""
            )
        )
        return reply
    }
}
