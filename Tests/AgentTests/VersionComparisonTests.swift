import Foundation
import Testing

@testable import Agent

@Suite("What differs between two versions")
struct VersionComparisonTests {
    private static let start = Date(timeIntervalSince1970: 1_700_000_000)

    /// A version on disk with all that can be known of it.
    private static let sample = VersionFacts(
        version: String(repeating: "1", count: 32),
        isCurrent: false,
        isOnDisk: true,
        directory: "/certs/web/versions/1",
        thumbprint: "AA",
        sha256: "aa",
        subject: "CN=www.example.com",
        issuer: "CN=Issuing",
        serialNumber: "01",
        dnsNames: ["www.example.com", "api.example.com"],
        keyType: "RSA 4096",
        publicKeySha256: "k1",
        signatureAlgorithm: "sha256WithRSAEncryption",
        notBefore: start,
        notAfter: start + 90 * 86_400,
        fetchedAt: start,
        chain: [
            ChainLink(subject: "CN=Issuing", issuer: "CN=Root", notAfter: start, sha256: "i1")
        ],
        isChainComplete: true,
        files: [],
        problem: nil
    )

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let fields: [VersionDiff.Field]
        let losses: [VersionDiff.Field]
        let change: @Sendable (inout VersionFacts) -> Void

        init(
            _ name: String,
            _ fields: [VersionDiff.Field],
            losses: [VersionDiff.Field] = [],
            _ change: @escaping @Sendable (inout VersionFacts) -> Void
        ) {
            testDescription = name
            self.fields = fields
            self.losses = losses
            self.change = change
        }
    }

    @Test(
        "Each thing that differs is named, and what clients may miss is a loss",
        arguments: [
            Case("nothing", []) { _ in },
            Case("another version of the same certificate", []) { $0.version = "2" },
            Case("the order of names", []) { $0.dnsNames.reverse() },
            Case("a name more", [.dnsNames]) { $0.dnsNames.append("new.example.com") },
            Case("a name less", [.dnsNames], losses: [.dnsNames]) { $0.dnsNames.removeLast() },
            Case("a wildcard instead", [.dnsNames]) { $0.dnsNames = ["*.example.com"] },
            Case("a wildcard too high", [.dnsNames], losses: [.dnsNames]) {
                $0.dnsNames = ["*.com"]
            },
            Case("subject and issuer", [.subject, .issuer]) {
                $0.subject = "CN=x"
                $0.issuer = "CN=y"
            },
            Case("serial number", [.serialNumber]) { $0.serialNumber = "02" },
            Case("a renewal with another key", [.publicKeySha256, .notBefore, .notAfter]) {
                $0.publicKeySha256 = "k2"
                $0.notBefore = start + 86_400
                $0.notAfter = start + 91 * 86_400
            },
            Case("half an hour less", [.notAfter], losses: [.notAfter]) {
                $0.notAfter = start + 90 * 86_400 - 1800
            },
            Case(
                "half the validity, later",
                [.validity, .notBefore, .notAfter],
                losses: [.validity]
            ) {
                $0.notBefore = start + 60 * 86_400
                $0.notAfter = start + 105 * 86_400
            },
            Case("a smaller key", [.keyType, .publicKeySha256], losses: [.keyType]) {
                $0.keyType = "RSA 2048"
                $0.publicKeySha256 = "k2"
            },
            Case("a key of another kind", [.keyType, .publicKeySha256]) {
                $0.keyType = "EC P-256"
                $0.publicKeySha256 = "k2"
            },
            Case("signature", [.signatureAlgorithm]) { $0.signatureAlgorithm = "other" },
            Case("another intermediate of the same name", [.chain]) { $0.chain[0].sha256 = "i2" },
            Case(
                "no intermediate",
                [.chain, .isChainComplete],
                losses: [.isChainComplete]
            ) {
                $0.chain = []
                $0.isChainComplete = false
            },
        ]
    )
    func changes(sample: Case) {
        var newer = Self.sample
        sample.change(&newer)
        let diff = VersionDiff(
            of: "web",
            from: Self.sample,
            to: newer,
            hasSameKeyFile: false
        )
        #expect(diff.changes.map(\.field) == sample.fields)
        #expect(diff.changes.filter(\.isLoss).map(\.field) == sample.losses)
        #expect(diff.differs == !sample.fields.isEmpty)
        #expect(diff.hasLosses == !sample.losses.isEmpty)
        #expect(diff.unknown == [])
    }

    @Test("Without the files of one, key, signature and chain are unknown and don't differ")
    func withoutFiles() {
        var older = Self.sample
        older.isOnDisk = false
        older.publicKeySha256 = nil
        older.signatureAlgorithm = nil
        older.chain = []
        older.isChainComplete = nil
        func diff(_ newer: VersionFacts, hasSameKeyFile: Bool = false) -> VersionDiff {
            VersionDiff(of: "web", from: older, to: newer, hasSameKeyFile: hasSameKeyFile)
        }
        let chain: [VersionDiff.Field] = [.signatureAlgorithm, .chain, .isChainComplete]
        let unknown = diff(Self.sample)
        #expect(!unknown.differs && unknown.isKeyChanged == nil)
        #expect(unknown.unknown == [.publicKeySha256] + chain)
        let same = diff(Self.sample, hasSameKeyFile: true)
        #expect(same.isKeyChanged == false && same.unknown == chain)
        var other = Self.sample
        other.keyType = "EC P-256"
        #expect(diff(other).isKeyChanged == true)
    }
}
