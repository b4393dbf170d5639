import Foundation
import History
import SystemPackage
import Testing

@testable import Agent

@Suite("Metrics")
struct MetricsTests {
    @Test("A family is its help, its type and its samples; an empty one is nothing")
    func family() {
        var output = Exposition()
        output.family(
            "a_total",
            .counter,
            "What\nis \\ \"counted\".",
            [([], 3), ([("x", "")], 0.5)]
        )
        output.family("b", .gauge, "Nothing.", [])
        #expect(
            output.text == """
                # HELP a_total What\\nis \\\\ "counted".
                # TYPE a_total counter
                a_total 3
                a_total{x=""} 0.5

                """
        )
    }

    @Test("A label may hold anything, and begins no line of its own")
    func escaped() {
        var output = Exposition()
        output.family("a", .gauge, "A.", [([("name", "say \"hi\\\"\n} 1 ü")], 1)])
        #expect(output.text.hasSuffix("a{name=\"say \\\"hi\\\\\\\"\\n} 1 ü\"} 1\n"))
    }

    @Test(
        "Numbers: timestamps stay whole, halves stay halves, a large one has no exponent",
        arguments: [
            (1_795_504_800.0, "1795504800"), (1_795_504_800.25, "1795504800.25"), (0, "0"),
            (-1, "-1"), (253_402_300_799, "253402300799"),
        ]
    )
    func number(value: Double, text: String) {
        var output = Exposition()
        output.family("a", .gauge, "A.", [([], value)])
        #expect(output.text.hasSuffix("\na \(text)\n"))
    }

    @Test(
        "The common name is read from a distinguished name",
        arguments: [
            ("CN=www.example.com", "www.example.com"),
            ("CN=a,OU=b,O=c", "a"),
            ("O=c,CN=b\\, Inc. \\\"x\\\",CN=a", "b, Inc. \"x\""),
            ("OU=x+CN=y,O=z", "y"),
            ("CN=M\\C3\\BCller", "Müller"),
            ("CN=\\#1", "#1"),
            ("CN=back\\\\slash", "back\\slash"),
            ("O=no name", ""),
            ("", ""),
            ("CN=cut\\", "cut"),
        ]
    )
    func commonName(name: String, common: String) {
        #expect(X509Labels.commonName(name) == common)
    }

    @Test(
        "A serial number is shown in decimal, as x509-certificate-exporter does",
        arguments: [
            ("00", "0"), ("0A", "10"), ("FF", "255"), ("3B9ACA00", "1000000000"),
            ("-01", "-1"), ("", ""), ("xyz", ""),
            // 2^160 - 1, the longest that RFC 5280 allows.
            (
                String(repeating: "F", count: 40),
                "1461501637330902918203684832716283019655932542975"
            ),
            // 10^18, whose lower digits are zeros to be kept.
            ("0DE0B6B3A7640000", "1000000000000000000"),
        ]
    )
    func serialNumber(hexadecimal: String, decimal: String) {
        #expect(X509Labels.decimal(hexadecimal) == decimal)
    }

    @Test("Each certificate has one state that is 1, and a counter for every outcome")
    func standing() {
        let text = report(.sample).text(now: now)
        let states = lines(text, "kvagent_certificate_state{")
        #expect(states.count == CertificateState.allCases.count)
        #expect(
            states.filter { $0.hasSuffix(" 1") } == [
                "kvagent_certificate_state{certificate=\"web\",vault=\"contoso\",state=\"current\"} 1"
            ]
        )
        #expect(
            lines(text, "kvagent_deployments_total{")
                == Outcome.allCases.map {
                    "kvagent_deployments_total{certificate=\"web\",vault=\"contoso\",outcome=\"\($0.rawValue)\"} \($0 == .deployed ? 4 : 0)"
                }
        )
    }

    @Test("A pin shows while it holds, and no longer")
    func pin() {
        var certificate = MetricsReport.Certificate.sample
        certificate.status.pin = PinStatus(
            version: "1",
            reason: "a \"message\"",
            actor: "root",
            at: now,
            until: now.addingTimeInterval(60)
        )
        let held = report(certificate).text(now: now)
        #expect(lines(held, "kvagent_pinned{").allSatisfy { $0.hasSuffix(" 1") })
        #expect(lines(held, "kvagent_pin_timestamp_seconds{").count == 1)
        let end = lines(held, "kvagent_pin_until_timestamp_seconds{")
        #expect(end.count == 1 && end.allSatisfy { $0.hasSuffix(" 1795504860") }, "\(end)")
        #expect(!held.contains("message"))
        let later = report(certificate).text(now: now.addingTimeInterval(60))
        #expect(lines(later, "kvagent_pinned{").allSatisfy { $0.hasSuffix(" 0") })
        #expect(lines(later, "kvagent_pin_timestamp_seconds{").isEmpty)
        #expect(lines(later, "kvagent_pin_until_timestamp_seconds{").isEmpty)
    }

    @Test("The exporter's own series have its labels and times")
    func exporterSeries() {
        let labels =
            "{subject_CN=\"www.example.com\",issuer_CN=\"CA\",serial_number=\"255\",filename=\"cert.pem\",filepath=\"/certs/web/current/cert.pem\"}"
        let text = report(.sample).text(now: now)
        #expect(lines(text, "x509_cert_not_before") == ["x509_cert_not_before\(labels) 1795418400"])
        #expect(lines(text, "x509_cert_not_after") == ["x509_cert_not_after\(labels) 1795591200"])
        #expect(lines(text, "x509_cert_expired") == ["x509_cert_expired\(labels) 0"])
        let later = report(.sample).text(now: now.addingTimeInterval(86_400))
        #expect(lines(later, "x509_cert_expired") == ["x509_cert_expired\(labels) 1"])
    }

    @Test("Before anything is live there is nothing to say of dates, and a state all the same")
    func nothingLive() {
        var certificate = MetricsReport.Certificate.sample
        certificate.status.current = nil
        certificate.status.state = .pending
        certificate.record = nil
        let text = report(certificate).text(now: now)
        #expect(!text.contains("not_after") && !text.contains("x509_"))
        #expect(!text.contains("kvagent_certificate_info"))
        #expect(text.contains("state=\"pending\"} 1\n"))
    }

    private func report(_ certificate: MetricsReport.Certificate) -> MetricsReport {
        MetricsReport(
            agent: AgentStatus(version: "1", pid: nil, lastPass: now, nextPass: nil, warnings: []),
            certificates: [certificate]
        )
    }

    private func lines(_ text: String, _ prefix: String) -> [String] {
        text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }
}

private let now = Date(timeIntervalSince1970: 1_795_504_800)

extension MetricsReport.Certificate {
    fileprivate static var sample: MetricsReport.Certificate {
        let version = String(repeating: "1", count: 32)
        let notBefore = now.addingTimeInterval(-86_400)
        let notAfter = now.addingTimeInterval(86_400)
        return MetricsReport.Certificate(
            status: CertificateStatus(
                name: "web",
                url: "https://contoso.vault.azure.net/secrets/web",
                state: .current,
                reason: nil,
                current: CurrentVersion(
                    version: version,
                    thumbprint: "AB",
                    sha256: nil,
                    notBefore: notBefore,
                    notAfter: notAfter,
                    since: now
                ),
                latest: version,
                refusal: nil,
                pin: nil,
                lastPoll: PollStatus(at: now, ok: true, error: nil),
                lastSuccessfulPoll: now,
                pollingIntervalInS: 60,
                nextPoll: nil,
                consecutiveFailures: 0,
                owedHooks: [],
                warnings: []
            ),
            vault: "contoso",
            file: "/certs/web/current/cert.pem",
            record: VersionRecord(
                certificate: "web",
                version: version,
                subject: "CN=www.example.com,O=Contoso",
                issuer: "CN=CA",
                serialNumber: "FF",
                notBefore: notBefore,
                notAfter: notAfter,
                fetchedAt: now
            ),
            deployments: [.deployed: 4]
        )
    }
}
