extension CertificatePolicy {
    /// The policy that a body asks for; what it leaves out is as in `old`, or as Key Vault's own.
    init(_ body: JSON?, over old: CertificatePolicy? = nil, name: String, now: Int) {
        self = old ?? CertificatePolicy(subject: "", created: now, updated: now)
        updated = now
        if let key = body?["key_props"] {
            isExportable = key["exportable"]?.bool ?? isExportable
            reusesKey = key["reuse_key"]?.bool ?? reusesKey
            if let type = key["kty"]?.string {
                keyType = type
                keySize = type.hasPrefix("RSA") ? 2048 : nil
                curve = type.hasPrefix("EC") ? "P-256" : nil
            }
            keySize = key["key_size"]?.integer ?? keySize
            curve = key["crv"]?.string ?? curve
            // A key that lives in a hardware module never leaves it.
            if keyType.hasSuffix("-HSM") { isExportable = false }
        }
        contentType = body?["secret_props"]?["contentType"]?.string ?? contentType
        if let x509 = body?["x509_props"] {
            subject = x509["subject"]?.string ?? subject
            if let names = x509["sans"]?["dns_names"]?.array {
                dnsNames = names.compactMap(\.string)
            }
            extendedKeyUsages = x509["ekus"] ?? extendedKeyUsages
            keyUsage = x509["key_usage"] ?? keyUsage
            if let months = x509["validity_months"]?.integer {
                validityMonths = months
                lifetimeSeconds = nil
            }
        }
        lifetimeActions = body?["lifetime_actions"] ?? lifetimeActions
        issuerName = body?["issuer"]?["name"]?.string ?? issuerName
        if subject.isEmpty { subject = "CN=" + (dnsNames.first ?? name) }
    }

    /// What is wrong with it; nil for one that certificates can be made by.
    var problem: String? {
        if algorithm == nil {
            return "Property policy.key_props has an unsupported key type or size"
        }
        if SecretContentType(rawValue: contentType) == nil {
            return "Property policy.secret_props.contentType has invalid value"
        }
        if !(1...1200).contains(validityMonths) {
            return "Property policy.x509_props.validity_months has invalid value"
        }
        return nil
    }
}
