import Foundation
import Sensitive
import Testing

@testable import PKI

/// Hierarchies that `CertificateAuthority` does not make, built from templates.
@Suite("Certificate chain")
struct ChainTests {
    /// An authority of its own name and key, with the ways to have it certified.
    private struct Authority {
        let name: String
        let key: PrivateKey

        init(_ name: String) throws {
            self.name = name
            key = try PrivateKey(generating: .p256)
        }

        private func template(until: TimeInterval) -> CertificateTemplate {
            CertificateTemplate(
                subject: DistinguishedName(commonName: name),
                notBefore: Samples.notBefore,
                notAfter: Date(timeIntervalSince1970: until),
                profile: .root
            )
        }

        func selfSigned() throws -> [UInt8] {
            try template(until: 2_000_000_000).selfSigned(with: try KeyHandle(pem: key.pem))
        }

        func signed(by issuer: Authority, until: TimeInterval = 2_000_000_000) throws -> [UInt8] {
            try template(until: until).signed(
                for: try KeyHandle(pem: key.pem),
                by: try CertificateHandle(der: try issuer.selfSigned()),
                with: try KeyHandle(pem: issuer.key.pem)
            )
        }

        func issue() throws -> (key: PrivateKey, certificate: [UInt8]) {
            let key = try PrivateKey(generating: .p256)
            let template = try CertificateTemplate(Samples.request())
            let der = try template.signed(
                for: try KeyHandle(pem: key.pem),
                by: try CertificateHandle(der: try selfSigned()),
                with: try KeyHandle(pem: self.key.pem)
            )
            return (key, der)
        }
    }

    private func chain(_ leaf: [UInt8], _ others: [[UInt8]]) throws -> CertificateChain {
        let certificates = try others.map { der throws(CertificateError) in
            try Certificate(der: der)
        }
        return CertificateChain(of: try Certificate(der: leaf), among: certificates)
    }

    @Test("Of a self-signed and a cross-signed issuer the self-signed one ends the chain")
    func crossSigned() throws {
        let (old, new) = (try Authority("Old Root"), try Authority("New Root"))
        let (oldRoot, newRoot) = (try old.selfSigned(), try new.selfSigned())
        let cross = try new.signed(by: old)
        let leaf = try new.issue().certificate
        for others in [[cross, oldRoot, newRoot], [newRoot, oldRoot, cross]] {
            let chain = try chain(leaf, others)
            #expect(chain.intermediates.isEmpty && chain.root?.der == newRoot && chain.isComplete)
        }
    }

    @Test("Without the new root the cross-signed certificate leads to the old one")
    func crossSignedToOldRoot() throws {
        let (old, new) = (try Authority("Old Root"), try Authority("New Root"))
        let cross = try new.signed(by: old)
        let oldRoot = try old.selfSigned()
        let chain = try chain(try new.issue().certificate, [oldRoot, cross])
        #expect(chain.intermediates.map(\.der) == [cross] && chain.root?.der == oldRoot)
    }

    @Test("Of two issuers with one key the one that lives longer is taken")
    func renewedIssuer() throws {
        let (root, issuer) = (try Authority("Root"), try Authority("Issuer"))
        let short = try issuer.signed(by: root, until: 1_950_000_000)
        let long = try issuer.signed(by: root, until: 1_990_000_000)
        let leaf = try issuer.issue().certificate
        for others in [[short, long], [long, short]] {
            let chain = try chain(leaf, others)
            #expect(chain.intermediates.map(\.der) == [long])
            #expect(chain.leftOut.map(\.der) == [short])
        }
    }

    @Test("A chain that stops short of a root that is there is not complete")
    func gap() throws {
        let (root, upper, lower) = (
            try Authority("Root"), try Authority("Upper"), try Authority("Lower")
        )
        let (rootDER, lowerDER) = (try root.selfSigned(), try lower.signed(by: upper))
        let leaf = try lower.issue().certificate
        let broken = try chain(leaf, [rootDER, lowerDER])
        #expect(!broken.isComplete && broken.intermediates.map(\.der) == [lowerDER])
        #expect(broken.leftOut.map(\.der) == [rootDER])
        // Another certificate of an issuer that is in the chain leaves no gap.
        let renewed = try lower.signed(by: upper, until: 1_950_000_000)
        #expect(try chain(leaf, [renewed, lowerDER]).isComplete)
        #expect(try chain(leaf, [rootDER, lowerDER, try upper.signed(by: root)]).isComplete)
    }

    @Test("Authorities that certify each other in a ring end the search")
    func ring() throws {
        let (a, b) = (try Authority("A"), try Authority("B"))
        let (aByB, bByA) = (try a.signed(by: b), try b.signed(by: a))
        let chain = try chain(try a.issue().certificate, [bByA, aByB])
        #expect(chain.intermediates.map(\.der) == [aByB, bByA] && chain.root == nil)
    }

    @Test("Thirty-one certificates that all certify each other are ordered in no time")
    func dense() throws {
        let authority = try Authority("Same")
        let copies = try (0..<31).map { _ in try authority.signed(by: authority) }
        let other = try Authority("Other")
        let leaf = try other.issue().certificate
        #expect(try chain(leaf, copies).intermediates.isEmpty)
        #expect(try chain(try authority.issue().certificate, copies).root != nil)
    }
}
