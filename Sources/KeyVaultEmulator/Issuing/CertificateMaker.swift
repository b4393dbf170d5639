import FoundationEssentials
import PKI
import Sensitive

/// Makes the versions of certificates, good ones and bad ones, from the emulator's own authority.
struct CertificateMaker: Sendable {
    let authority: CertificateAuthority

    /// From when until when a version is good.
    struct Validity: Sendable {
        let notBefore: Date
        let notAfter: Date

        /// What the policy says, or what the fault wants.
        ///
        /// Ten minutes back, as Key Vault does it.
        init(of policy: CertificatePolicy, fault: ContentFault?, now: Date) {
            let day = 86_400.0
            let lifetime =
                policy.lifetimeSeconds.map(Double.init)
                ?? Double(policy.validityMonths) * 30.44 * day
            switch fault {
            case .expired:
                notBefore = now - 90 * day
                notAfter = now - day
            case .notYetValid:
                notBefore = now + day
                notAfter = now + 91 * day
            default:
                notBefore = now - 600
                notAfter = now + lifetime
            }
        }

        init(notBefore: Date, notAfter: Date) {
            self.notBefore = notBefore
            self.notAfter = notAfter
        }
    }

    /// A new version by `policy`, with a key of its own.
    func make(
        _ policy: CertificatePolicy,
        validity: Validity,
        fault: ContentFault? = nil,
        now: Date
    ) throws -> VaultVersion {
        guard let key = policy.algorithm else {
            throw EmulatorError("make a key of type \(policy.keyType): unknown type or size")
        }
        let request = CertificateRequest(
            subject: policy.subject,
            dnsNames: fault == .fewerNames ? Array(policy.dnsNames.prefix(1)) : policy.dnsNames,
            algorithm: key.algorithm,
            notBefore: validity.notBefore,
            notAfter: validity.notAfter
        )
        let issued =
            policy.issuerName == "Self"
            ? try CertificateAuthority.selfSigned(request) : try authority.issue(request)
        let certificates: [[UInt8]] =
            switch fault {
            case .leafOnly: [issued.certificateDER]
            case .shuffledChain:
                issued.chainDER.suffix(1) + [issued.certificateDER] + issued.chainDER.dropLast()
            default: [issued.certificateDER] + issued.chainDER
            }
        let privateKey: PrivateKey? =
            switch fault {
            case .keyMissing: nil
            case .keyOfAnother: try PrivateKey(generating: key.algorithm)
            default: policy.isExportable ? issued.key : nil
            }
        let value =
            fault == .garbageValue
            ? SensitiveBytes(copying: Array("this is no certificate".utf8))
            : try encode(privateKey, certificates, by: policy)
        return version(
            of: issued.facts,
            der: issued.certificateDER,
            value: value,
            policy: policy,
            now: now
        )
    }

    /// The first version of an imported certificate, and the policy that fits it.
    func importing(
        _ value: SensitiveBytes,
        password: String?,
        policy: CertificatePolicy
    ) throws -> (version: VaultVersion, policy: CertificatePolicy) {
        let (key, certificates) = try decodeImport(value, password: password)
        guard let key else { throw CertificateError.noPrivateKey }
        // The bundle tells which certificate is the key's, whatever the order they came in.
        let bundle = try CertificateBundle(
            secret: try encode(key, certificates, by: policy, contentType: .pem),
            contentType: SecretContentType.pem.rawValue
        )
        guard
            let leaf = try certificates.first(where: {
                try CertificateFacts(der: $0).sha256 == bundle.leaf.sha256
            })
        else { throw CertificateError.keyMismatch }
        var policy = policy
        policy.subject = bundle.leaf.subject
        policy.dnsNames = bundle.leaf.dnsNames
        policy.issuerName = "Unknown"
        policy.useKey(describedAs: bundle.leaf.keyType)
        let version = version(
            of: bundle.leaf,
            der: leaf,
            value: try encode(policy.isExportable ? key : nil, certificates, by: policy),
            policy: policy,
            now: Date()
        )
        return (version, policy)
    }

    private func version(
        of facts: CertificateFacts,
        der: [UInt8],
        value: SensitiveBytes,
        policy: CertificatePolicy,
        now: Date
    ) -> VaultVersion {
        let seconds = Int(now.timeIntervalSince1970)
        return VaultVersion(
            id: VaultVersion.makeID(),
            notBefore: Int(facts.notBefore.timeIntervalSince1970),
            expires: Int(facts.notAfter.timeIntervalSince1970),
            created: seconds,
            updated: seconds,
            contentType: policy.contentType,
            value: StoredValue(value),
            certificate: StoredCertificate(
                der: Data(der),
                thumbprint: facts.thumbprint,
                subject: facts.subject,
                issuer: facts.issuer,
                serialNumber: facts.serialNumber,
                dnsNames: facts.dnsNames,
                hasKey: policy.isExportable
            )
        )
    }

    /// The secret's value: the key first in PEM, and PKCS#12 over the NULL password, as Key Vault
    /// writes them.
    private func encode(
        _ key: PrivateKey?,
        _ certificates: [[UInt8]],
        by policy: CertificatePolicy,
        contentType: SecretContentType? = nil
    ) throws -> SensitiveBytes {
        let form = contentType ?? SecretContentType(rawValue: policy.contentType) ?? .pkcs12
        switch form {
        case .pem:
            var text: [UInt8] = []
            if let key {
                key.pem.withBytes { span in
                    for index in span.indices { text.append(span[index]) }
                }
                if text.last != UInt8(ascii: "\n") { text.append(UInt8(ascii: "\n")) }
            }
            text += Array(encodePEM(certificates: certificates).utf8)
            return SensitiveBytes(copying: text)
        case .pkcs12:
            let file = try encodePKCS12(
                key: key,
                certificates: certificates,
                friendlyName: "5dc1d1a7-1d54-4a0b-8d1b-6d9f0e4c2b11",
                cipher: policy.cipher.pkcs12
            )
            let bytes = file.withBytes { span in Data(span.indices.map { span[$0] }) }
            return SensitiveBytes(copying: Array(bytes.base64EncodedString().utf8))
        }
    }
}
