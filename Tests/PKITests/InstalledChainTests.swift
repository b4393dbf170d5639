import Foundation
import PKI
import Sensitive
import Testing

@Suite("A chain on disk")
struct InstalledChainTests {
    private func pem(_ certificates: [UInt8]...) -> String {
        encodePEM(certificates: certificates)
    }

    @Test(
        "Leaf and intermediates are read from their files, and the chain is complete without root"
    )
    func complete() throws {
        let issued = try Samples.issue()
        let chain = try InstalledChain(
            certificate: pem(issued.certificateDER),
            chain: pem(issued.chainDER[0]),
            bundle: nil
        )
        #expect(chain.leaf == issued.facts)
        #expect(chain.intermediates.map(\.subject) == [issued.facts.issuer])
        #expect(chain.isComplete == true)
    }

    @Test("A leaf alone may have been signed by the root: only the bundle tells")
    func leafAlone() throws {
        let issued = try Samples.issue()
        let leaf = pem(issued.certificateDER)
        #expect(try InstalledChain(certificate: leaf, chain: "", bundle: nil).isComplete == nil)
        let alone = try InstalledChain(
            certificate: leaf,
            chain: "",
            bundle: Samples.secret(leaf + issued.key.pem.text)
        )
        #expect(alone.isComplete == false)
        // A signer that isn't the root is no root.
        let whole = try InstalledChain(
            certificate: pem(issued.chainDER[0]),
            chain: "",
            bundle: Samples.secret(pem(issued.chainDER[0], issued.chainDER[1]))
        )
        #expect(whole.isComplete == true && whole.intermediates.isEmpty)
    }

    @Test("A self-signed leaf is complete by itself")
    func selfSigned() throws {
        let issued = try CertificateAuthority.selfSigned(Samples.request())
        let chain = try InstalledChain(
            certificate: pem(issued.certificateDER),
            chain: "",
            bundle: nil
        )
        #expect(chain.isComplete == true)
    }

    @Test("Two certificates of one key have one public key, and the digest is openssl's")
    func publicKey() async throws {
        let authority = try CertificateAuthority.create(named: "Contoso")
        let first = try authority.issue(Samples.request())
        let second = try authority.issue(Samples.request(), key: first.key)
        let other = try authority.issue(Samples.request())
        #expect(first.facts.publicKeySha256 == second.facts.publicKeySha256)
        #expect(first.facts.publicKeySha256 != other.facts.publicKeySha256)
        #expect(first.facts.signatureAlgorithm == "ecdsa-with-SHA256")
        #expect(first.facts.publicKeySha256.count == 64)
    }

    @Test("What is no certificate is an error", arguments: ["", "hello"])
    func garbage(text: String) {
        #expect(throws: CertificateError.self) {
            try InstalledChain(certificate: text, chain: "", bundle: nil)
        }
    }
}
