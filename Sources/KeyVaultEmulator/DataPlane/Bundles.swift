import FoundationEssentials

/// The shapes in which objects go over the wire, their members in Key Vault's order.
struct Bundles {
    /// What ids begin with, `https://kv.vault.localhost:8443`.
    let origin: String

    static let recoverableDays = 90

    init(_ request: VaultRequest) {
        origin = request.origin
    }

    func id(_ collection: String, _ object: VaultObject, _ version: VaultVersion? = nil) -> JSON {
        .string("\(origin)/\(collection)/\(object.name)" + (version.map { "/" + $0.id } ?? ""))
    }

    private func attributes(_ version: VaultVersion, hasRecovery: Bool = true) -> JSON {
        .object([
            "enabled": .bool(version.isEnabled),
            "nbf": version.notBefore.map(JSON.integer),
            "exp": version.expires.map(JSON.integer),
            "created": .integer(version.created),
            "updated": .integer(version.updated),
            "recoveryLevel": hasRecovery ? .string("Recoverable+Purgeable") : nil,
            "recoverableDays": hasRecovery ? .integer(Self.recoverableDays) : nil,
        ])
    }

    /// The three members that say when a deleted object was deleted and how it comes back.
    private func deletion(_ object: VaultObject, _ collection: String) -> [JSON.Member] {
        guard let deletedAt = object.deletedAt,
            case .members(let members) = JSON.object([
                "recoveryId": .string("\(origin)/deleted\(collection)/\(object.name)"),
                "deletedDate": .integer(deletedAt),
                "scheduledPurgeDate": .integer(deletedAt + Self.recoverableDays * 86_400),
            ])
        else { return [] }
        return members
    }

    private func joined(_ first: [JSON.Member], _ second: JSON) -> JSON {
        guard case .members(let members) = second else { return second }
        return .members(first + members)
    }

    // MARK: Secrets

    /// One version of a secret; every answer but the one to GET leaves the value out.
    func secret(_ object: VaultObject, _ version: VaultVersion, hasValue: Bool) -> JSON {
        joined(
            deletion(object, "secrets"),
            .object([
                "value": hasValue ? .string(version.value.text) : nil,
                "contentType": version.contentType.map(JSON.string),
                "id": id("secrets", object, version),
                "managed": version.certificate == nil ? nil : .bool(true),
                "attributes": attributes(version),
                "tags": JSON.tags(version.tags),
                "kid": version.certificate == nil ? nil : id("keys", object, version),
            ])
        )
    }

    /// A secret in a list; with `version` nil it stands for the secret as a whole.
    func secretItem(_ object: VaultObject, _ shown: VaultVersion, isVersion: Bool) -> JSON {
        joined(
            deletion(object, "secrets"),
            .object([
                "contentType": shown.contentType.map(JSON.string),
                "id": id("secrets", object, isVersion ? shown : nil),
                "managed": shown.certificate == nil ? nil : .bool(true),
                "attributes": attributes(shown),
                "tags": JSON.tags(shown.tags),
            ])
        )
    }

    // MARK: Certificates

    /// One version of a certificate: by its own path with what the certificate says, by the path
    /// of the newest with the policy.
    func certificate(_ object: VaultObject, _ version: VaultVersion, isNewest: Bool) -> JSON {
        let certificate = version.certificate
        return joined(
            deletion(object, "certificates"),
            .object([
                "id": id("certificates", object, version),
                "kid": id("keys", object, version),
                "sid": id("secrets", object, version),
                "x5t": certificate.map { .string(x5t($0)) },
                "cer": certificate.map { .string($0.der.base64EncodedString()) },
                "attributes": attributes(version),
                "tags": JSON.tags(version.tags),
                "subject": isNewest ? nil : certificate.map { .string($0.subject) },
                "issuer": isNewest ? nil : certificate.map { .string($0.issuer) },
                "serialnumber": isNewest ? nil : certificate.map { .string($0.serialNumber) },
                "sans": isNewest ? nil : certificate.flatMap { sans($0.dnsNames) },
                "policy": isNewest ? object.policy.map { policy($0, of: object) } : nil,
                "pending": isNewest && object.operation != nil
                    ? .object(["id": .string("\(origin)/certificates/\(object.name)/pending")])
                    : nil,
            ])
        )
    }

    /// A certificate whose first version is still being made.
    func unfinishedCertificate(_ object: VaultObject) -> JSON {
        .object([
            "id": id("certificates", object),
            "attributes": object.policy.map { policy in
                .object([
                    "enabled": .bool(false),
                    "created": .integer(policy.created),
                    "updated": .integer(policy.updated),
                    "recoveryLevel": .string("Recoverable+Purgeable"),
                    "recoverableDays": .integer(Self.recoverableDays),
                ])
            },
            "policy": object.policy.map { policy($0, of: object) },
            "pending": .object(["id": .string("\(origin)/certificates/\(object.name)/pending")]),
        ])
    }

    func certificateItem(_ object: VaultObject, _ shown: VaultVersion, isVersion: Bool) -> JSON {
        joined(
            deletion(object, "certificates"),
            .object([
                "id": id("certificates", object, isVersion ? shown : nil),
                "x5t": shown.certificate.map { .string(x5t($0)) },
                "attributes": attributes(shown, hasRecovery: object.deletedAt != nil),
                "tags": JSON.tags(shown.tags),
                "subject": .string(""),
            ])
        )
    }

    func policy(_ policy: CertificatePolicy, of object: VaultObject) -> JSON {
        .object([
            "id": .string("\(origin)/certificates/\(object.name)/policy"),
            "key_props": .object([
                "exportable": .bool(policy.isExportable),
                "kty": .string(policy.keyType),
                "key_size": policy.keySize.map(JSON.integer),
                "reuse_key": .bool(policy.reusesKey),
                "crv": policy.curve.map(JSON.string),
            ]),
            "secret_props": .object(["contentType": .string(policy.contentType)]),
            "x509_props": .object([
                "subject": .string(policy.subject),
                "sans": sans(policy.dnsNames),
                "ekus": policy.extendedKeyUsages ?? .array([]),
                "key_usage": policy.keyUsage
                    ?? .array([.string("digitalSignature"), .string("keyEncipherment")]),
                "validity_months": .integer(policy.validityMonths),
                "basic_constraints": .object(["ca": .bool(false)]),
            ]),
            "lifetime_actions": policy.lifetimeActions
                ?? .array([
                    .object([
                        "trigger": .object(["lifetime_percentage": .integer(80)]),
                        "action": .object(["action_type": .string("AutoRenew")]),
                    ])
                ]),
            "issuer": .object(["name": .string(policy.issuerName)]),
            "attributes": .object([
                "enabled": .bool(true),
                "created": .integer(policy.created),
                "updated": .integer(policy.updated),
            ]),
        ])
    }

    /// The state of a creation that was asked for; there is no CSR, as nobody outside signs it.
    func operation(_ operation: CertificateOperation, of object: VaultObject) -> JSON {
        let base = "\(origin)/certificates/\(object.name)"
        return .object([
            "id": .string(base + "/pending"),
            "issuer": .object(["name": .string(object.policy?.issuerName ?? "Self")]),
            "cancellation_requested": .bool(false),
            "status": .string(operation.isComplete ? "completed" : "inProgress"),
            "status_details": operation.isComplete
                ? nil
                : .string(
                    "Pending certificate created. Certificate request is in progress. This may "
                        + "take some time based on the issuer provider. Please check again later."
                ),
            "target": operation.isComplete ? .string(base) : nil,
            "request_id": .string(operation.requestID),
        ])
    }

    private func sans(_ names: [String]) -> JSON? {
        names.isEmpty ? nil : .object(["dns_names": .array(names.map(JSON.string))])
    }

    private func x5t(_ certificate: StoredCertificate) -> String {
        Data(hex: certificate.thumbprint).base64URL
    }
}
