import Foundation
import PKI
import Sensitive
import Testing

@Suite("Certificate authority")
struct CertificateAuthorityTests {
    @Test("It round-trips a PFX of every cipher", arguments: PKCS12Cipher.allCases)
    func roundTrip(cipher: PKCS12Cipher) throws {
        let authority = try CertificateAuthority.create(named: "Test")
        let issued = try authority.issue(
            CertificateRequest(
                subject: "CN=www.contoso.com, O=Contoso",
                dnsNames: ["www.contoso.com", "10.0.0.1", "::1"],
                algorithm: .rsa(bits: 2048),
                notBefore: Date(timeIntervalSince1970: 1_700_000_000),
                notAfter: Date(timeIntervalSince1970: 1_800_000_000)
            )
        )
        let certificates = [issued.certificateDER] + issued.chainDER
        let pfx = try encodePKCS12(
            key: issued.key,
            certificates: certificates,
            friendlyName: "web",
            cipher: cipher
        )
        let text = pfx.withBytes { span in Data(span.indices.map { span[$0] }).base64EncodedData() }
        let decoded = try decodeImport(SensitiveBytes(copying: text), password: nil)
        #expect(decoded.key?.pem == issued.key.pem)
        #expect(decoded.certificates == certificates)
    }
}
