import Foundation
import History
import Testing

@testable import Agent

@Suite("The policy")
struct PolicyTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let day: TimeInterval = 86_400

    /// A version that nothing is to be said of.
    private static func record(
        _ digit: Character = "b",
        _ change: (inout VersionRecord) -> Void = { _ in }
    ) -> VersionRecord {
        var record = VersionRecord(
            bare: String(repeating: digit, count: 32),
            of: "web",
            at: now
        )
        record.issuer = "CN=Contoso Issuing"
        record.dnsNames = ["www.contoso.com", "api.contoso.com"]
        record.keyType = "RSA 2048"
        record.notBefore = now.addingTimeInterval(-day)
        record.notAfter = now.addingTimeInterval(90 * day)
        change(&record)
        return record
    }

    private static let current = record("a")

    /// A version that one rule alone speaks of, and what it says.
    struct Case: Sendable, CustomTestStringConvertible {
        let rule: PolicyRule
        let message: String
        let candidate: PolicyCandidate
        var testDescription: String { rule.rawValue }

        init(_ rule: PolicyRule, _ message: String, _ candidate: PolicyCandidate) {
            self.rule = rule
            self.message = message
            self.candidate = candidate
        }

        init(
            _ rule: PolicyRule,
            _ message: String,
            _ change: (inout VersionRecord) -> Void
        ) {
            self.init(rule, message, PolicyCandidate(record("b", change)))
        }

        init(_ rule: PolicyRule) {
            let finding = Examination.Finding(rule: rule.rawValue, message: "as it was found")
            self.init(rule, finding.message, PolicyCandidate(record(), contents: [finding]))
        }
    }

    static let cases = [
        Case(.sanLoss, "the current version has api.contoso.com, this one doesn't") {
            $0.dnsNames = ["www.contoso.com", "new.contoso.com"]
        },
        Case(.keyTypeChange, "its key is EC P-256, the current version's RSA") {
            $0.keyType = "EC P-256"
        },
        Case(.issuerChange, "it is issued by CN=Other, the current version by CN=Contoso Issuing") {
            $0.issuer = "CN=Other"
        },
        Case(.shorterValidity, "it ends on 2026-12-20T14:13:19Z, before the current version") {
            $0.notAfter = now.addingTimeInterval(90 * day - 1)
        },
        Case(.olderVersion, "it is older than the current version: valid from 2026-09-20T14:13:19Z")
        {
            $0.notBefore = now.addingTimeInterval(-day - 1)
        },
        Case(
            .olderVersion,
            "it is older than the current version: fetched on 2026-09-21T14:13:20Z",
            PolicyCandidate(record(), isOlderOnRecord: true)
        ),
        Case(.notYetValid, "its validity begins on 2026-09-21T14:13:21Z") {
            $0.notBefore = now.addingTimeInterval(1)
        },
        Case(.incompleteChain), Case(.unorderedChain), Case(.weakKey), Case(.weakSignature),
    ]

    @Test(
        "A rule does what the settings say of it, and no other speaks",
        arguments: cases,
        PolicyAction.allCases
    )
    func decide(example: Case, action: PolicyAction) {
        let findings = Policy([example.rule: action]).findings(
            of: example.candidate,
            comparedTo: Self.current,
            now: Self.now
        )
        let expected = PolicyFinding(rule: example.rule, action: action, message: example.message)
        #expect(findings == (action == .allow ? [] : [expected]))

        let situation = Situation(
            current: Self.current.version,
            target: example.candidate.record.version,
            record: withThumbprint(example.candidate.record),
            currentRecord: Self.current,
            isOlderOnRecord: example.candidate.isOlderOnRecord,
            contents: example.candidate.contents,
            policy: Policy([example.rule: action]),
            now: Self.now
        )
        let remedy =
            example.rule == .notYetValid ? "" : "; kvagent approve web lets it through"
        #expect(
            Decision.decide(situation)
                == (action == .hold ? .hold(reason: "\(expected)\(remedy)") : .deploy)
        )
        #expect(situation.remark == (action == .warn ? "\(expected)" : nil))
        #expect(situation.findings.needAPerson == (action == .hold && !remedy.isEmpty))
    }

    @Test(
        "A version whose validity has ended is what the settings say",
        arguments: PolicyAction.allCases
    )
    func expired(action: PolicyAction) {
        let record = Self.record { $0.notAfter = Self.now }
        let findings = Policy([.expired: action]).findings(
            of: PolicyCandidate(record),
            comparedTo: nil,
            now: Self.now
        )
        let expected = PolicyFinding(
            rule: .expired,
            action: action,
            message: "its validity ended on 2026-09-21T14:13:20Z"
        )
        #expect(findings == (action == .allow ? [] : [expected]))
    }

    @Test("What is usual is what the documents say")
    func standard() {
        let usual = Dictionary(uniqueKeysWithValues: PolicyRule.allCases.map { ($0, Policy()[$0]) })
        #expect(
            usual == [
                .sanLoss: .hold, .keyTypeChange: .warn, .issuerChange: .warn,
                .shorterValidity: .warn, .olderVersion: .hold, .expired: .hold,
                .notYetValid: .hold, .incompleteChain: .warn, .unorderedChain: .allow,
                .weakKey: .warn, .weakSignature: .warn,
            ]
        )
    }

    @Test("A version that differs in nothing has nothing said of it, whatever the policy")
    func same() {
        let strict = Policy(
            Dictionary(uniqueKeysWithValues: PolicyRule.allCases.map { ($0, .hold) })
        )
        let findings = strict.findings(
            of: PolicyCandidate(Self.record()),
            comparedTo: Self.current,
            now: Self.now
        )
        #expect(findings == [])
    }

    @Test("The first version is compared with nothing")
    func first() {
        let findings = Policy().findings(
            of: PolicyCandidate(Self.record { $0.dnsNames = [] }, isOlderOnRecord: true),
            comparedTo: nil,
            now: Self.now
        )
        #expect(findings == [])
    }

    @Test(
        "A wildcard stands for one label, and no other name for anything",
        arguments: [
            (["*.contoso.com"], "api.contoso.com", true),
            (["*.contoso.com"], "*.contoso.com", true),
            (["*.contoso.com"], "contoso.com", false),
            (["*.contoso.com"], "a.api.contoso.com", false),
            (["*.contoso.com"], "*.api.contoso.com", false),
            (["*.contoso.com", "a.api.contoso.com"], "a.api.contoso.com", true),
            (["api.contoso.com"], "*.contoso.com", false),
            (["*.0.0.1"], "10.0.0.1", false),
            (["2001:db8::1"], "2001:db8::1", true),
        ]
    )
    func names(names: [String], old: String, isThere: Bool) {
        let findings = Policy().findings(
            of: PolicyCandidate(Self.record { $0.dnsNames = names }),
            comparedTo: Self.record("a") { $0.dnsNames = [old] },
            now: Self.now
        )
        #expect(findings.map(\.rule) == (isThere ? [] : [.sanLoss]))
    }

    @Test("Many lost names are counted")
    func manyNames() {
        let findings = Policy().findings(
            of: PolicyCandidate(Self.record { $0.dnsNames = [] }),
            comparedTo: Self.record("a") { $0.dnsNames = (1...7).map { "h\($0)" } },
            now: Self.now
        )
        #expect(
            findings.first?.message
                == "the current version has h1, h2, h3, h4, h5 and 2 more, this one doesn't"
        )
    }

    @Test("The rules can be read from the reason of a hold, and from no other")
    func named() {
        let holds = [PolicyRule.sanLoss, .notYetValid].map {
            PolicyFinding(rule: $0, action: .hold, message: "it is: so")
        }
        #expect(PolicyRule.named(in: holds.reasonToHold("web")) == [.sanLoss, .notYetValid])
        #expect(PolicyRule.named(in: "pinned to 8f0c by ada: sanLoss") == [])
        #expect(PolicyRule.named(in: "check hook \"a\" asked to be run later (exit 75)") == [])
    }

    private func withThumbprint(_ record: VersionRecord) -> VersionRecord {
        var record = record
        record.thumbprint = String(repeating: "0", count: 40)
        return record
    }

    @Test("A certificate's own rules win over those of the top level, rule by rule")
    func settings() throws {
        let settings = try Settings.parse(
            Self.settings("{sanLoss: warn, expired: allow}", "{sanLoss: allow, weakKey: hold}"),
            file: "k.yaml"
        )
        #expect(settings.policy == Policy([.sanLoss: .warn, .expired: .allow]))
        #expect(
            settings.certificates.map(\.policy) == [
                settings.policy,
                Policy([.sanLoss: .allow, .expired: .allow, .weakKey: .hold]),
            ]
        )
        let leaves = settings.effective.leaves().filter { $0.path.contains("policy.") }
        let entry = "secretsManagementSettings.observedCertificates[1].policy"
        let origins = Dictionary(leaves.map { ($0.path, $0.origin) }) { first, _ in first }
        #expect(origins.count == 2 * (PolicyRule.allCases.count + 1))
        #expect(origins["\(entry).weakKey"] == .line(4))
        #expect(origins["\(entry).expired"] == .inherited(from: "policy.expired"))
        #expect(origins["policy.expired"] == .line(5))
        #expect(origins["policy.olderVersion"] == .standard)
    }

    @Test(
        "What can't be a policy is told",
        arguments: [
            ("{sanLoss: no}", "expected allow, warn or hold, found \"no\""),
            ("{sanloss: hold}", "unknown key; write it \"sanLoss\""),
            ("[sanLoss]", "expected a map, found a list"),
            (
                "{keyMismatch: allow}",
                "is no matter of policy: a version without the key of its certificate is always rejected"
            ),
        ]
    )
    func problems(policy: String, message: String) {
        for (top, own) in [(policy, "{}"), ("{}", policy)] {
            let error = #expect(throws: SettingsError.self) {
                try Settings.parse(Self.settings(top, own), file: "k.yaml")
            }
            #expect(error?.problems.map(\.message) == [message])
        }
    }

    private static func settings(_ top: String, _ own: String) -> String {
        """
        secretsManagementSettings:
          observedCertificates:
            - https://a.vault.azure.net/secrets/one
            - {url: "https://a.vault.azure.net/secrets/two", policy: \(own)}
        policy: \(top)
        """
    }
}
