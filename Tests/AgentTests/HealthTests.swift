import Foundation
import History
import Testing

@testable import Agent

@Suite("Health")
struct HealthTests {
    /// A state of one certificate, and what is to be said of it.
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: CertificateStatus
        let level: HealthLevel
        let findings: [String]

        init(
            _ description: String,
            _ level: HealthLevel,
            _ findings: [String],
            _ change: (inout CertificateStatus) -> Void
        ) {
            testDescription = description
            self.level = level
            self.findings = findings
            var status = CertificateStatus.sample
            change(&status)
            self.status = status
        }
    }

    static let cases = [
        Case("all is well", .ok, []) { _ in },
        Case("the last second of more than 21 days", .ok, []) { $0.expire(in: 21 * 86_400) },
        Case(
            "less than 21 days",
            .warning,
            ["expires in 20 days, on 2026-12-15T07:19:59Z"]
        ) { $0.expire(in: 21 * 86_400 - 1) },
        Case(
            "less than 7 days",
            .critical,
            ["expires in 6 days, on 2026-12-01T07:19:59Z"]
        ) { $0.expire(in: 7 * 86_400 - 1) },
        Case("expired just now", .critical, ["expired on 2026-11-24T07:20:00Z"]) {
            $0.expire(in: 0)
        },
        Case(
            "expiring under a pin while the vault has a newer one",
            .critical,
            [
                "expires in 2 days, on 2026-11-26T07:20:00Z; a pin holds it: kvagent unpin web",
                "pinned to 11111111 by root for 24 h, the vault has 22222222: audit; without an end, past its expiry on 2026-11-26T07:20:00Z",
            ]
        ) {
            $0.expire(in: 2 * 86_400)
            $0.latest = sampleVersion("2")
            $0.pin = .sample(age: 86_400)
        },
        Case("a young pin", .ok, ["pinned to 11111111 by root for 24 h: audit"]) {
            $0.pin = .sample(age: 86_400)
        },
        Case("a pin of 31 days", .warning, ["pinned to 11111111 by root for 31 days: audit"]) {
            $0.pin = .sample(age: 31 * 86_400)
        },
        Case(
            "a pin that lasts longer than its certificate",
            .warning,
            [
                "pinned to 11111111 by root for 24 h: audit; until 2027-03-04T07:20:00Z, past its expiry on 2027-02-22T07:20:00Z"
            ]
        ) { $0.pin = .sample(age: 86_400, until: now.addingTimeInterval(100 * 86_400)) },
        Case(
            "a pin that ends before its certificate",
            .ok,
            ["pinned to 11111111 by root for 24 h: audit; until 2026-12-04T07:20:00Z"]
        ) { $0.pin = .sample(age: 86_400, until: now.addingTimeInterval(10 * 86_400)) },
        Case(
            "a pin without an end on a certificate of less than 30 days",
            .warning,
            [
                "pinned to 11111111 by root for 24 h: audit; without an end, past its expiry on 2026-12-24T07:19:59Z"
            ]
        ) {
            $0.expire(in: 30 * 86_400 - 1)
            $0.pin = .sample(age: 86_400)
        },
        Case(
            "a pin on a certificate that has expired, the newest that the vault has",
            .critical,
            [
                "expired on 2026-11-24T07:19:59Z",
                "pinned to 11111111 by root for 24 h: audit; what it holds expired on 2026-11-24T07:19:59Z",
            ]
        ) {
            $0.expire(in: -1)
            $0.pin = .sample(age: 86_400, until: now.addingTimeInterval(60))
        },
        Case("a pin that is over", .ok, []) {
            $0.pin = .sample(age: 90 * 86_400, until: now)
        },
        Case("never polled", .critical, ["nothing is live: not polled yet"]) {
            $0.current = nil
            $0.state = .pending
            $0.lastPoll = nil
            $0.lastSuccessfulPoll = nil
        },
        Case("never installed because denied", .critical, ["nothing is live: 403 Forbidden"]) {
            $0.current = nil
            $0.fail("403 Forbidden", as: .denied)
        },
        Case("a first version that was refused", .critical, ["nothing is live: check said no"]) {
            $0.current = nil
            $0.state = .rejected
            $0.reason = "check said no"
        },
        Case(
            "no certificate at all",
            .warning,
            ["the secret is no certificate; remove it from the settings"]
        ) {
            $0.current = nil
            $0.state = .ignored
        },
        Case("one poll without an answer", .ok, ["timed out (1 poll)"]) {
            $0.fail("timed out", as: .unreachable)
        },
        Case("two polls without an answer", .ok, ["timed out (2 polls in a row)"]) {
            $0.fail("timed out", as: .unreachable, times: 2)
        },
        Case("three polls without an answer", .warning, ["timed out (3 polls in a row)"]) {
            $0.fail("timed out", as: .unreachable, times: 3)
        },
        Case("denied once", .warning, ["403 Forbidden (1 poll)"]) {
            $0.fail("403 Forbidden", as: .denied)
        },
        Case("disabled in the vault", .warning, ["disabled (1 poll)"]) {
            $0.fail("disabled", as: .disabled)
        },
        Case("gone from the vault", .warning, ["404 (1 poll)"]) {
            $0.fail("404", as: .notFound)
        },
        Case(
            "nothing heard for more than three intervals",
            .warning,
            ["the last successful poll was 3 h ago, the interval is 1 h"]
        ) { $0.lastSuccessfulPoll = now.addingTimeInterval(-3 * 3600 - 1) },
        Case("three intervals to the second", .ok, []) {
            $0.lastSuccessfulPoll = now.addingTimeInterval(-3 * 3600)
        },
        Case("live, and no poll on record", .warning, ["no poll has succeeded yet"]) {
            $0.lastPoll = nil
            $0.lastSuccessfulPoll = nil
        },
        Case(
            "rejected",
            .warning,
            ["the newest version 22222222 was rejected: check hook \"no\" exited with 3"]
        ) {
            $0.latest = sampleVersion("2")
            $0.state = .rejected
            $0.refusal = RefusalStatus(
                outcome: .rejected,
                reason: "check hook \"no\" exited with 3"
            )
        },
        Case("held", .warning, ["the newest version 22222222 is held: not valid before noon"]) {
            $0.latest = sampleVersion("2")
            $0.state = .held
            $0.refusal = RefusalStatus(outcome: .held, reason: "not valid before noon")
        },
        Case(
            "a newest version that is no certificate",
            .warning,
            ["the newest version 22222222 is no certificate"]
        ) {
            $0.latest = sampleVersion("2")
            $0.state = .ignored
            $0.refusal = RefusalStatus(outcome: .ignored, reason: "not a certificate")
        },
        Case(
            "rolled back, and the hook is still owed for what is live",
            .warning,
            [
                "reload hook \"reload/nginx\" is owed since 2026-11-24T06:20:00Z, tried 4×",
                "the newest version 22222222 was rolled back: it broke",
            ]
        ) {
            $0.latest = sampleVersion("2")
            $0.state = .degraded
            $0.refusal = RefusalStatus(outcome: .rolledBack, reason: "it broke")
            $0.owedHooks = [.sample]
        },
        Case(
            "a newer version that a pin keeps back",
            .ok,
            ["pinned to 11111111 by root for 24 h, the vault has 22222222: audit"]
        ) {
            $0.latest = sampleVersion("2")
            $0.state = .pinned
            $0.refusal = RefusalStatus(outcome: .held, reason: "pinned")
            $0.pin = .sample(age: 86_400)
        },
        Case(
            "an owed hook",
            .warning,
            ["reload hook \"reload/nginx\" is owed since 2026-11-24T06:20:00Z, tried 4×"]
        ) {
            $0.state = .degraded
            $0.owedHooks = [.sample]
        },
        Case(
            "a failed version that could not be taken back",
            .critical,
            ["the live version failed and could not be taken back"]
        ) { $0.state = .degraded },
        Case("a store that can't be read", .critical, ["nothing is live: current is no link"]) {
            $0.fail("current is no link", as: .degraded)
            $0.reason = "current is no link"
            $0.current = nil
        },
        Case("access that what is live can't be given", .warning, ["no such group"]) {
            $0.fail("no such group", as: .degraded)
            $0.reason = "no such group"
        },
        Case(
            "a newer version that could not be staged",
            .warning,
            ["the newest version 22222222 could not be deployed: no such group"]
        ) {
            $0.latest = sampleVersion("2")
            $0.state = .degraded
            $0.refusal = RefusalStatus(outcome: .failed, reason: "no such group")
        },
    ]

    @Test("Each state has its level and its words", arguments: cases)
    func judged(expected: Case) {
        let health = Health(.sample([expected.status]), now: now)
        #expect(health.findings.map(\.message) == expected.findings)
        #expect(health.level == expected.level)
        #expect(health.findings.allSatisfy { $0.certificate == "web" })
    }

    @Test("Every state of a certificate is judged: only three are well as such")
    func everyState() {
        for state in CertificateState.allCases {
            var status = CertificateStatus.sample
            status.state = state
            switch state {
            case .rejected: status.refuse(as: .rejected)
            case .held: status.refuse(as: .held)
            case .ignored: status.refuse(as: .ignored)
            default: break
            }
            let isRefusal = [.denied, .disabled, .notFound].contains(state)
            if isRefusal || state == .unreachable {
                status.fail("no", as: state, times: isRefusal ? 1 : 3)
            }
            let isWell = [.current, .pinned, .pending].contains(state)
            #expect((Health(.sample([status]), now: now).level == .ok) == isWell, "\(state)")
        }
    }

    @Test("Thresholds are the operator's")
    func thresholds() {
        var status = CertificateStatus.sample
        status.expire(in: 30 * 86_400)
        status.pin = .sample(age: 2 * 86_400)
        var thresholds = HealthThresholds()
        #expect(Health(.sample([status]), thresholds: thresholds, now: now).level == .ok)
        thresholds.pinAge = 86_400
        #expect(Health(.sample([status]), thresholds: thresholds, now: now).level == .warning)
        thresholds.expiryCritical = 31 * 86_400
        #expect(Health(.sample([status]), thresholds: thresholds, now: now).level == .critical)
    }

    @Test("A missing daemon is a warning where one is expected")
    func daemon() {
        var report = StatusReport.sample([.sample])
        report.agent.pid = nil
        #expect(Health(report, now: now).problems.map(\.message) == ["the daemon is not running"])
        var thresholds = HealthThresholds()
        thresholds.expectsDaemon = false
        #expect(Health(report, thresholds: thresholds, now: now).findings.isEmpty)
    }

    @Test("The worst comes first; otherwise the order of the settings stays")
    func order() {
        var names = ["a", "b", "c", "d"].map { name in
            var status = CertificateStatus.sample
            status.name = name
            return status
        }
        names[0].fail("timed out", as: .unreachable)
        names[1].expire(in: 20 * 86_400)
        names[2].expire(in: 0)
        names[3].expire(in: 10 * 86_400)
        var report = StatusReport.sample(names)
        report.agent.warnings = ["hook skipped"]
        let health = Health(report, now: now)
        #expect(health.findings.map(\.certificate) == ["c", "b", "d", "a", nil])
        #expect(health.level == .critical)
        #expect(health.problems.count == 3)
    }

    @Test("Performance data: totals, then each certificate's time left with its thresholds")
    func performanceData() {
        var failing = CertificateStatus.sample
        failing.name = "contoso.api"
        failing.current = nil
        failing.fail("timed out", as: .unreachable, times: 2)
        failing.lastSuccessfulPoll = now.addingTimeInterval(-7200)
        var pinned = CertificateStatus.sample
        pinned.pin = .sample(age: 60)
        pinned.expire(in: -5)
        let report = StatusReport.sample([pinned, failing])
        #expect(
            report.performanceData(HealthThresholds(), now: now).map(\.text) == [
                "certificates=2", "poll_failures=2;2", "poll_age=7200s", "owed_hooks=0;0",
                "pins=1", "web_expires_in=-5s;1814400:;604800:", "contoso.api_expires_in=U",
            ]
        )
    }
}

private let now = Date(timeIntervalSince1970: 1_795_504_800)

private func sampleVersion(_ digit: Character) -> String { String(repeating: digit, count: 32) }

extension StatusReport {
    fileprivate static func sample(_ certificates: [CertificateStatus]) -> StatusReport {
        StatusReport(
            agent: AgentStatus(version: "1", pid: 1, lastPass: now, nextPass: now, warnings: []),
            certificates: certificates
        )
    }
}

extension CertificateStatus {
    /// All is well: polled a minute ago, 90 days to go.
    fileprivate static var sample: CertificateStatus {
        CertificateStatus(
            name: "web",
            url: "https://contoso.vault.azure.net/secrets/web",
            state: .current,
            reason: nil,
            current: CurrentVersion(
                version: sampleVersion("1"),
                thumbprint: nil,
                sha256: nil,
                notBefore: now.addingTimeInterval(-86_400),
                notAfter: now.addingTimeInterval(90 * 86_400),
                since: now
            ),
            latest: sampleVersion("1"),
            refusal: nil,
            pin: nil,
            lastPoll: PollStatus(at: now.addingTimeInterval(-60), ok: true, error: nil),
            lastSuccessfulPoll: now.addingTimeInterval(-60),
            pollingIntervalInS: 3600,
            nextPoll: now.addingTimeInterval(3540),
            consecutiveFailures: 0,
            owedHooks: [],
            warnings: []
        )
    }

    fileprivate mutating func expire(in seconds: TimeInterval) {
        current?.notAfter = now.addingTimeInterval(seconds)
    }

    fileprivate mutating func refuse(as outcome: Outcome) {
        latest = sampleVersion("2")
        refusal = RefusalStatus(outcome: outcome, reason: nil)
    }

    fileprivate mutating func fail(_ error: String, as state: CertificateState, times: Int = 1) {
        self.state = state
        consecutiveFailures = times
        lastPoll = PollStatus(at: now, ok: false, error: error)
    }
}

extension OwedHookStatus {
    fileprivate static var sample: OwedHookStatus {
        OwedHookStatus(
            name: "reload/nginx",
            phase: "reload",
            since: now.addingTimeInterval(-3600),
            attempts: 4
        )
    }
}

extension PinStatus {
    fileprivate static func sample(age: TimeInterval, until: Date? = nil) -> PinStatus {
        PinStatus(
            version: sampleVersion("1"),
            reason: "audit",
            actor: "root",
            at: now.addingTimeInterval(-age),
            until: until
        )
    }
}
