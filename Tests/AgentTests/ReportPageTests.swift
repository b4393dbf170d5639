import Foundation
import History
import SystemPackage
import TestSupport
import Testing

@testable import Agent

@Suite("The report's page")
struct ReportPageTests {
    private static let now = Date(timeIntervalSince1970: 1_795_504_800)  // 2026-11-24T07:20:00Z
    private static let live = String(repeating: "1", count: 32)
    private static let next = String(repeating: "2", count: 32)

    /// A machine whose one certificate is "web", live since 30 days, and its history.
    private func withMachine(
        _ names: [String] = ["web"],
        _ body: (Settings, History) throws -> Void
    ) throws {
        try withTemporaryDirectory { directory in
            let entries = names.map {
                "    - {url: \"https://contoso.vault.azure.net/secrets/\($0)\", name: \($0)}"
            }
            let settings = try Settings.parse(
                """
                secretsManagementSettings:
                  certificateStoreLocation: \(directory)/certs
                  observedCertificates:
                \(entries.joined(separator: "\n"))
                stateDirectory: \(directory)
                """,
                file: "kvagent.yaml"
            )
            let history = try History.open(
                at: directory.appending("history.db").string,
                digest: .sha256
            )
            for name in names {
                try history.register(certificate: name, url: "https://x", at: Self.now)
                let place = directory.appending("certs").appending(name)
                try makeDirectories(place.appending("versions").appending(Self.live))
                try FileManager.default.createSymbolicLink(
                    atPath: place.appending("current").string,
                    withDestinationPath: "versions/\(Self.live)"
                )
            }
            try body(settings, history)
        }
    }

    private func page(_ settings: Settings, _ history: History?) throws -> String {
        var text = ""
        try ReportPage(
            settings,
            history: history,
            daemon: 4711,
            host: "host<1>",
            now: Self.now,
            timeZone: try #require(TimeZone(identifier: "Europe/Berlin"))
        ).write { text += $0 }
        return text
    }

    private func record(_ history: History, _ change: (inout VersionRecord) -> Void = { _ in })
        throws
    {
        var version = VersionRecord(
            certificate: "web",
            version: Self.live,
            thumbprint: String(repeating: "A", count: 40),
            sha256: String(repeating: "b", count: 64),
            subject: "CN=www.example.com",
            dnsNames: ["www.example.com"],
            keyType: "EC P-256",
            notBefore: Self.now.addingTimeInterval(-30 * 86_400),
            notAfter: Self.now.addingTimeInterval(60 * 86_400),
            fetchedAt: Self.now.addingTimeInterval(-30 * 86_400)
        )
        change(&version)
        try history.record(version)
    }

    @discardableResult
    private func deploy(
        _ history: History,
        _ version: String = live,
        as outcome: Outcome = .deployed,
        daysAgo: Double = 30,
        reason: String? = nil,
        error: String? = nil,
        actor: String = "daemon",
        runs: [HookRunRecord] = []
    ) throws -> Int64 {
        let begin = Self.now.addingTimeInterval(-daysAgo * 86_400)
        let id = try history.begin(
            NewDeployment(
                certificate: "web",
                version: version,
                trigger: .poll,
                actor: actor,
                reason: reason,
                startedAt: begin,
                runID: "run"
            )
        )
        for run in runs { try history.record(run, of: id) }
        try history.finish(id, as: outcome, reason: nil, error: error, at: begin + 2)
        return id
    }

    /// What holds for every page.
    private func checkForm(_ text: String) throws -> PageDocument {
        let page = try PageDocument(text)
        #expect(page.all("html").first?.attributes["lang"] == "en")
        #expect(page.all("title").count > 0 && page.all("h1").count == 1)
        #expect(page.all("main").count == 1 && page.all("header").count == 1)
        for (before, after) in zip(page.headings, page.headings.dropFirst()) {
            #expect(after <= before + 1, "heading \(after) after \(before)")
        }
        let ids = page.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        for element in page.elements {
            #expect(!["script", "img", "link", "iframe", "object"].contains(element.name))
            for (name, value) in element.attributes {
                #expect(!name.hasPrefix("on") && name != "src" && name != "style")
                if name == "href" {
                    #expect(value.hasPrefix("#") && ids.contains(String(value.dropFirst())))
                }
            }
        }
        for table in page.all("table") {
            #expect(page.all("caption", within: table).count == 1)
        }
        #expect(page.all("th").allSatisfy { ["col", "row"].contains($0.attributes["scope"]) })
        #expect(
            page.all("meta").contains {
                $0.attributes["content"] == "default-src 'none'; style-src 'unsafe-inline'"
            }
        )
        return page
    }

    @Test("Before the first pass the page says that nothing is live")
    func empty() throws {
        try withTemporaryDirectory { directory in
            let settings = try Settings.parse(
                """
                secretsManagementSettings:
                  certificateStoreLocation: \(directory)/certs
                  observedCertificates: ["https://contoso.vault.azure.net/secrets/web"]
                stateDirectory: \(directory)
                """,
                file: "kvagent.yaml"
            )
            let text = try page(settings, nil)
            let page = try checkForm(text)
            #expect(text.contains("nothing is live"))
            #expect(page.all("h3").map(\.text) == ["contoso.web"])
        }
    }

    @Test("A certificate has its facts, its timeline and the same as tables")
    func section() throws {
        try withMachine { settings, history in
            try record(history)
            try deploy(
                history,
                runs: [
                    HookRunRecord(
                        name: "50-nginx",
                        phase: "reload",
                        startedAt: Self.now,
                        exitCode: 0,
                        durationMs: 120
                    )
                ]
            )
            try deploy(history, Self.next, as: .rejected, daysAgo: 5, error: "no key")
            try history.setPin(
                Pin(
                    certificate: "web",
                    version: Self.live,
                    reason: "audit",
                    actor: "alice",
                    at: Self.now.addingTimeInterval(-86_400)
                )
            )
            let page = try checkForm(page(settings, history))
            #expect(
                page.all("h4").map(\.text) == [
                    "What is live", "Timeline", "Versions", "Deployments", "Hooks", "Pins",
                ]
            )
            let picture = try #require(page.all("svg").first { $0.attributes["role"] == "img" })
            #expect(page.all("desc", within: picture).first?.text.contains("rejected") == true)
            let rows = page.all("tr").map(\.text)
            #expect(rows.contains { $0.contains("11111111") && $0.contains("until now") })
            #expect(rows.contains { $0.contains("rejected") && $0.contains("no key") })
            #expect(rows.contains { $0.contains("50-nginx") && $0.contains("120 ms") })
            #expect(rows.contains { $0.contains("alice") && $0.contains("audit") })
            // 30 days before, in winter time, and for machines in UTC.
            #expect(
                page.all("time").contains {
                    $0.text == "2026-10-25 08:20"
                        && $0.attributes["datetime"] == "2026-10-25T07:20:00Z"
                }
            )
        }
    }

    @Test("Hostile words of vault, hook and user stay words")
    func hostile() throws {
        let script = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
        let odd = "ab\u{1B}[2J\u{202E}gnp.exe\u{2066}]]>--><!--"
        try withMachine { settings, history in
            try record(history) {
                $0.subject = "CN=\(script)"
                $0.issuer = odd
                $0.serialNumber = script
                $0.keyType = script
                $0.dnsNames = [script, odd] + (0..<500).map { "\($0).example" }
            }
            try deploy(
                history,
                as: .deployed,
                reason: script,
                error: odd,
                actor: script,
                runs: [
                    HookRunRecord(
                        name: script,
                        phase: "deploy",
                        startedAt: Self.now,
                        exitCode: 1,
                        durationMs: 1,
                        output: script + odd + String(repeating: "<", count: 1_048_576)
                    )
                ]
            )
            try history.setPin(
                Pin(
                    certificate: "web",
                    version: Self.live,
                    reason: odd,
                    actor: script,
                    at: Self.now.addingTimeInterval(-3600)
                )
            )
            let text = try page(settings, history)
            let page = try checkForm(text)
            #expect(text.utf8.count < 150_000)
            #expect(
                !text.unicodeScalars.contains { $0 == "\0" || $0 == "\u{202E}" || $0 == "\u{1B}" }
            )
            #expect(
                page.all("pre").first?.text.hasPrefix(script + "ab[U+001B][2J[U+202E]")
                    == true
            )
            #expect(page.all("td").contains { $0.text == "CN=\(script)" })
        }
    }

    @Test("The newest 50 deployments are shown, and how many more there are is said")
    func bounded() throws {
        try withMachine { settings, history in
            try record(history)
            for count in 0..<60 { try deploy(history, daysAgo: Double(60 - count)) }
            let text = try page(settings, history)
            let page = try checkForm(text)
            let table = try #require(
                page.all("table").first { $0.text.hasPrefix("Deployments of web") }
            )
            #expect(page.all("tr", within: table).count == 51)
            #expect(text.contains("And 10 older deployments"))
        }
    }

    @Test(
        "Of many certificates less is shown of each",
        arguments: [(0, 50), (1, 50), (200, 50), (400, 25), (1000, 10), (100_000, 10)]
    )
    func limit(certificates: Int, limit: Int) {
        #expect(ReportPage.limit(certificates: certificates) == limit)
    }

    @Test("Of many certificates those are unfolded that need attention, unless most do")
    func unfolded() throws {
        let names = (0..<30).map { "site\($0)" }
        try withMachine(names) { settings, history in
            let page = try checkForm(page(settings, history))
            let sections = page.all("details").filter { $0.attributes["class"] == "certificate" }
            #expect(sections.count == 30)
            #expect(sections.allSatisfy { $0.attributes["open"] == nil })
        }
    }
}
