import Foundation
import PKI
import Sensitive

/// What the suites share: certificates to examine, and text as a vault would send it.
enum Samples {
    static let notBefore = Date(timeIntervalSince1970: 1_700_000_000)
    static let notAfter = Date(timeIntervalSince1970: 1_900_000_000)

    static func request(
        _ subject: String = "CN=www.contoso.com",
        dnsNames: [String] = ["www.contoso.com"],
        algorithm: KeyAlgorithm = .p256
    ) -> CertificateRequest {
        CertificateRequest(
            subject: subject,
            dnsNames: dnsNames,
            algorithm: algorithm,
            notBefore: notBefore,
            notAfter: notAfter
        )
    }

    static func issue(_ request: CertificateRequest = request()) throws -> IssuedCertificate {
        try CertificateAuthority.create(named: "Contoso").issue(request)
    }

    /// A PKCS#12 secret as Key Vault writes it.
    static func pkcs12(
        _ key: PrivateKey?,
        _ certificates: [[UInt8]],
        cipher: PKCS12Cipher = .tripleDES,
        password: String? = nil
    ) throws -> SensitiveBytes {
        let file = try encodePKCS12(
            key: key,
            certificates: certificates,
            friendlyName: "2c1dea0a-cfc4-4fb4-9a2b-84339ff9fb65",
            cipher: cipher,
            password: password
        )
        return secret(Data(file.bytes).base64EncodedString())
    }

    static func secret(_ text: String) -> SensitiveBytes {
        SensitiveBytes(copying: Array(text.utf8))
    }

    /// The bundle of a secret with the content type that its text suggests.
    static func bundle(_ secret: SensitiveBytes) throws -> CertificateBundle {
        let isPEM = secret.text.contains("-----BEGIN")
        return try CertificateBundle(
            secret: secret,
            contentType: isPEM ? "application/x-pem-file" : "application/x-pkcs12"
        )
    }
}

extension IssuedCertificate {
    /// Leaf, intermediate, root.
    var certificates: [[UInt8]] { [certificateDER] + chainDER }
}

extension SensitiveBytes {
    var bytes: [UInt8] { withBytes { span in span.indices.map { span[$0] } } }

    var text: String { String(decoding: bytes, as: UTF8.self) }
}
