import Foundation
import Sensitive

/// A root and the intermediate that issues under it.
package struct CertificateAuthority: Sendable {
    package let rootPEM: String
    package let intermediatePEM: String
    package let rootKey: PrivateKey
    package let intermediateKey: PrivateKey

    /// An authority that was created before, as it was kept.
    package init(
        rootPEM: String,
        intermediatePEM: String,
        rootKey: PrivateKey,
        intermediateKey: PrivateKey
    ) {
        self.rootPEM = rootPEM
        self.intermediatePEM = intermediatePEM
        self.rootKey = rootKey
        self.intermediateKey = intermediateKey
    }

    /// A new authority: `NAME Root CA` and `NAME Issuing CA`, both P-256.
    ///
    /// Both are valid from 2015 to the end of 2049 whatever the clock says, so that they also
    /// cover certificates that are issued for the past.
    package static func create(named name: String) throws(IssuingError) -> CertificateAuthority {
        try ErrorQueue.isolated { () throws(IssuingError) in
            let rootKey = try key(generating: .p256)
            let rootDER = try template(named: "\(name) Root CA", .root).selfSigned(with: rootKey)
            let root = try certificate(rootDER)
            let intermediateKey = try key(generating: .p256)
            let intermediateDER = try template(named: "\(name) Issuing CA", .intermediate)
                .signed(for: intermediateKey, by: root, with: rootKey)
            return CertificateAuthority(
                rootPEM: encodePEM(certificates: [rootDER]),
                intermediatePEM: encodePEM(certificates: [intermediateDER]),
                rootKey: PrivateKey(pem: try pem(of: rootKey)),
                intermediateKey: PrivateKey(pem: try pem(of: intermediateKey))
            )
        }
    }

    /// Makes a key and a certificate for it, signed by the intermediate.
    package func issue(_ request: CertificateRequest) throws(IssuingError) -> IssuedCertificate {
        try issue(request, key: try PrivateKey(generating: request.algorithm))
    }

    /// A certificate for a key that exists (`reuse_key` of a policy); `request.algorithm` has no
    /// say.
    package func issue(
        _ request: CertificateRequest,
        key: PrivateKey
    ) throws(IssuingError) -> IssuedCertificate {
        try ErrorQueue.isolated { () throws(IssuingError) in
            let chain = try Self.der(of: intermediatePEM) + Self.der(of: rootPEM)
            guard let issuer = chain.first else {
                throw IssuingError("issue certificate", "the authority has no certificate")
            }
            let der = try CertificateTemplate(request).signed(
                for: try Self.open(key),
                by: try Self.certificate(issuer),
                with: try Self.open(intermediateKey)
            )
            return try Self.issued(der, key: key, chain: chain)
        }
    }

    /// A certificate that vouches for itself (the issuer `Self` of a Key Vault policy).
    package static func selfSigned(
        _ request: CertificateRequest
    ) throws(IssuingError) -> IssuedCertificate {
        let key = try PrivateKey(generating: request.algorithm)
        return try ErrorQueue.isolated { () throws(IssuingError) in
            let der = try CertificateTemplate(request).selfSigned(with: try open(key))
            return try issued(der, key: key, chain: [])
        }
    }
}

extension CertificateAuthority {
    private static func template(
        named name: String,
        _ profile: CertificateTemplate.Profile
    ) -> CertificateTemplate {
        CertificateTemplate(
            subject: DistinguishedName(commonName: name),
            notBefore: Date(timeIntervalSince1970: 1_420_070_400),
            notAfter: Date(timeIntervalSince1970: 2_524_607_999),
            profile: profile
        )
    }

    private static func issued(
        _ der: [UInt8],
        key: PrivateKey,
        chain: [[UInt8]]
    ) throws(IssuingError) -> IssuedCertificate {
        let facts = try IssuingError.naming("issue certificate") { () throws(CertificateError) in
            try CertificateHandle(der: der).facts()
        }
        return IssuedCertificate(key: key, certificateDER: der, chainDER: chain, facts: facts)
    }

    private static func key(generating algorithm: KeyAlgorithm) throws(IssuingError) -> KeyHandle {
        try IssuingError.naming("generate key") { () throws(CertificateError) in
            try KeyHandle(generating: algorithm)
        }
    }

    private static func open(_ key: PrivateKey) throws(IssuingError) -> KeyHandle {
        try IssuingError.naming("read key") { () throws(CertificateError) in
            try KeyHandle(pem: key.pem)
        }
    }

    private static func pem(of key: KeyHandle) throws(IssuingError) -> SensitiveBytes {
        do {
            return try key.pkcs8PEM()
        } catch {
            throw IssuingError("write key", error.description)
        }
    }

    private static func certificate(_ der: [UInt8]) throws(IssuingError) -> CertificateHandle {
        try IssuingError.naming("read authority") { () throws(CertificateError) in
            try CertificateHandle(der: der)
        }
    }

    private static func der(of pem: String) throws(IssuingError) -> [[UInt8]] {
        try IssuingError.naming("read authority") { () throws(CertificateError) in
            try SecretContents(pem: SensitiveBytes(copying: Array(pem.utf8))).certificatesDER()
        }
    }
}

extension CertificateTemplate {
    /// The server certificate that `request` asks for.
    init(_ request: CertificateRequest) throws(IssuingError) {
        self.init(
            subject: try DistinguishedName(request.subject),
            notBefore: request.notBefore,
            notAfter: request.notAfter,
            profile: .server(dnsNames: request.dnsNames)
        )
    }
}
