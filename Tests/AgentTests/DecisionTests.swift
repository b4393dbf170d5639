import Foundation
import History
import Testing

@testable import Agent

@Suite("Decisions")
struct DecisionTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let old = String(repeating: "a", count: 32)
    private static let new = String(repeating: "b", count: 32)

    private static func record(
        _ version: String = new,
        notBefore: Date = now.addingTimeInterval(-60),
        notAfter: Date = now.addingTimeInterval(86_400),
        isCertificate: Bool = true
    ) -> VersionRecord {
        var record = VersionRecord(bare: version, of: "web", at: now)
        record.thumbprint = isCertificate ? String(repeating: "0", count: 40) : nil
        record.notBefore = notBefore
        record.notAfter = notAfter
        return record
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let situation: Situation
        let decision: Decision
    }

    static let cases = [
        Case(
            testDescription: "the live version is the right one",
            situation: Situation(current: new, target: new, record: record(), now: now),
            decision: .upToDate
        ),
        Case(
            testDescription: "the live version has expired and there is no other",
            situation: Situation(
                current: new,
                target: new,
                record: record(notAfter: now),
                now: now
            ),
            decision: .upToDate
        ),
        Case(
            testDescription: "the files of the live version were damaged",
            situation: Situation(
                current: new,
                isIntact: false,
                target: new,
                record: record(notAfter: now),
                now: now
            ),
            decision: .deploy
        ),
        Case(
            testDescription: "a version was never fetched",
            situation: Situation(current: old, target: new, now: now),
            decision: .fetch
        ),
        Case(
            testDescription: "a new version is good",
            situation: Situation(current: old, target: new, record: record(), now: now),
            decision: .deploy
        ),
        Case(
            testDescription: "nothing was installed before",
            situation: Situation(current: nil, target: new, record: record(), now: now),
            decision: .deploy
        ),
        Case(
            testDescription: "a new version has expired",
            situation: Situation(
                current: old,
                target: new,
                record: record(notAfter: now),
                now: now
            ),
            decision: .hold(
                reason:
                    "expired: its validity ended on 2026-09-21T14:13:20Z; kvagent approve web lets it through"
            )
        ),
        Case(
            testDescription: "a new version is not yet valid",
            situation: Situation(
                current: old,
                target: new,
                record: record(notBefore: now.addingTimeInterval(1)),
                now: now
            ),
            decision: .hold(
                reason: "notYetValid: its validity begins on 2026-09-21T14:13:21Z"
            )
        ),
        Case(
            testDescription: "a new version has expired and somebody approved it",
            situation: Situation(
                current: old,
                target: new,
                record: record(notAfter: now),
                approval: approval,
                now: now
            ),
            decision: .deploy
        ),
        Case(
            testDescription: "a new version has expired and the settings allow it",
            situation: Situation(
                current: old,
                target: new,
                record: record(notAfter: now),
                policy: Policy([.expired: .allow]),
                now: now
            ),
            decision: .deploy
        ),
        Case(
            testDescription: "an expired version is what a person has chosen",
            situation: Situation(
                current: old,
                target: new,
                record: record(notAfter: now),
                isChosen: true,
                now: now
            ),
            decision: .deploy
        ),
        Case(
            testDescription: "a version is approved and was refused by a hook",
            situation: Situation(
                current: old,
                target: new,
                record: record(notAfter: now),
                refusal: refusal,
                approval: approval,
                now: now
            ),
            decision: .refusedBefore(reason: "reload hook \"nginx\" exited with 1")
        ),
        Case(
            testDescription: "a secret was found to be no certificate",
            situation: Situation(
                current: nil,
                target: new,
                record: record(isCertificate: false),
                wasIgnored: true,
                now: now
            ),
            decision: .ignore(reason: "not a certificate")
        ),
        Case(
            testDescription: "a version could not be understood and a retry was asked for",
            situation: Situation(
                current: old,
                target: new,
                record: record(isCertificate: false),
                now: now
            ),
            decision: .fetch
        ),
    ]

    private static let approval = Approval(
        certificate: "web",
        version: new,
        actor: "ada",
        reason: "the test machine",
        at: now
    )

    @Test("What was approved or is warned of is why a version is deployed")
    func remark() {
        var situation = Situation(
            current: Self.old,
            target: Self.new,
            record: Self.record(notAfter: Self.now),
            contents: [Examination.Finding(rule: "weakKey", message: "its key is RSA 1024")],
            now: Self.now
        )
        #expect(situation.remark == "weakKey: its key is RSA 1024")
        situation.approval = Self.approval
        #expect(
            situation.remark
                == "approved by ada: the test machine; weakKey: its key is RSA 1024"
        )
        // Nothing had to be approved.
        situation.policy = Policy([.expired: .allow, .weakKey: .allow])
        #expect(situation.remark == nil)
    }

    @Test("Each situation has one answer", arguments: cases)
    func decide(_ example: Case) {
        #expect(Decision.decide(example.situation) == example.decision)
    }

    private static let refusal = Deployment(
        id: 1,
        certificate: "web",
        version: new,
        trigger: .poll,
        outcome: .rolledBack,
        actor: "daemon",
        startedAt: now,
        finishedAt: now,
        previousVersion: old,
        runID: "r",
        error: "reload hook \"nginx\" exited with 1"
    )

    @Test("A refused version stays refused, with the reason it was refused for")
    func refusedBefore() {
        let situation = Situation(
            current: Self.old,
            target: Self.new,
            record: Self.record(),
            refusal: Self.refusal,
            now: Self.now
        )
        #expect(
            Decision.decide(situation)
                == .refusedBefore(reason: "reload hook \"nginx\" exited with 1")
        )
    }

    @Test("The files of the live version are mended although a hook has refused it")
    func refusedAndLive() {
        let situation = Situation(
            current: Self.new,
            isIntact: false,
            target: Self.new,
            record: Self.record(),
            refusal: Self.refusal,
            now: Self.now
        )
        #expect(Decision.decide(situation) == .deploy)
    }

    @Test("A pin names the version that should be live until it ends")
    func pinnedTarget() {
        let pin = Pin(
            certificate: "web",
            version: Self.old,
            reason: nil,
            actor: "root",
            at: Self.now,
            until: Self.now.addingTimeInterval(60)
        )
        func target(_ pin: Pin?, after seconds: TimeInterval) -> String {
            Situation.target(
                offered: Self.new,
                pin: pin,
                now: Self.now.addingTimeInterval(seconds)
            )
        }
        #expect(target(nil, after: 0) == Self.new)
        #expect(target(pin, after: 59) == Self.old)
        #expect(target(pin, after: 60) == Self.new)
        var endless = pin
        endless.until = nil
        #expect(target(endless, after: 1e9) == Self.old)
    }
}
