import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("kvagent check")
struct CheckTests {
    /// One line, performance data after a bar, and a line for each finding.
    private func line(_ result: CommandResult) -> (text: String, figures: String) {
        let first = result.output.split(separator: "\n").first ?? ""
        let parts = first.split(separator: "|", maxSplits: 1).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
    }

    @Test("Before the first pass it is critical, after it fine; a missing daemon is a warning")
    func life() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let before = try await bed.kvagent("check", status: 2)
            #expect(line(before).text.hasPrefix("KVAGENT CRITICAL: web: nothing is live: "))
            #expect(line(before).figures.contains("web_expires_in=U"))
            #expect(facts(of: bed.state) == nil, "it changes nothing")

            try await bed.kvagent("sync", status: 0)
            let without = try await bed.kvagent("check", status: 1)
            #expect(line(without).text == "KVAGENT WARNING: the daemon is not running")
            let fine = try await bed.kvagent("check", "--without-daemon", status: 0)
            #expect(line(fine).text == "KVAGENT OK: 1 certificate is as it should be")
            #expect(fine.output.split(separator: "\n").count == 1)
            #expect(line(fine).figures.hasPrefix("certificates=1 poll_failures=0;2 poll_age="))
            #expect(fine.errors.isEmpty)
        }
    }

    @Test("With a daemon running all is well")
    func daemon() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { _ in
                let isFine = try await waitUntil { try await bed.kvagent("check").status == 0 }
                #expect(isFine)
            }
        }
    }

    @Test("Expiry is judged by --warning and --critical, of the certificates named")
    func expiry() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            try await bed.kvagent("sync", status: 0)
            let warning = ["--warning", "1000d", "--critical", "1d"]
            let result = try await check(bed, warning)
            #expect(result.status == 1)
            #expect(line(result).text.hasPrefix("KVAGENT WARNING: web: expires in "))
            #expect(line(result).text.hasSuffix(" (and 1 more)"))
            #expect(result.output.split(separator: "\n").count == 3)
            #expect(line(result).figures.contains("s;86400000:;86400:"))
            let critical = try await check(
                bed,
                ["api", "--warning", "1000d", "--critical", "1000d"]
            )
            #expect(critical.status == 2)
            #expect(!critical.output.contains("web"))
        }
    }

    @Test("A vault that denies is a warning at once, one that is away after so many polls")
    func vault() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            await bed.emulator.setFault(.init(.denyCertificates))
            await bed.emulator.setFault(.init(.denySecrets))
            try await bed.kvagent("sync")
            let denied = try await check(bed, [])
            #expect(denied.status == 1, "\(denied.output)")
            #expect(denied.output.contains("403"))

            let answer = try await bed.json("check", "--without-daemon")
            #expect(answer["status"].string == "warning" && answer["exitCode"].int == 1)
            #expect(answer["findings"][0]["certificate"].string == "web")
            #expect(answer["findings"][0]["level"].string == "warning")
            #expect(answer["performanceData"][0]["label"].string == "certificates")
            #expect(
                answer.keys == ["exitCode", "findings", "performanceData", "status", "summary"]
            )
        }
    }

    @Test("A rejected version and an owed hook are warnings that name it")
    func owed() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try bed.hook("reload/r", "exit 1")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            let result = try await check(bed, [])
            #expect(result.status == 1)
            #expect(line(result).text.contains("reload hook \"reload/r\" is owed"))
            #expect(result.output.contains("was rolled back: reload hook"))
            #expect(line(result).figures.contains("owed_hooks=1;0"))
            let status = try await bed.kvagent("status", status: 0).output
            #expect(status.hasPrefix("2 to attend to:\nWARNING web: "))
        }
    }

    @Test("A pin shows and is fine, until it is older than --pin-age")
    func pin() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", "--reason", "a | b\nc", status: 0)
            let young = try await check(bed, [])
            #expect(young.status == 0)
            #expect(line(young).figures.contains("pins=1"))
            #expect(young.output.contains("OK: web: pinned to "))
            let lines = young.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[1].hasSuffix(": a / b c"), "\(young.output)")
            #expect(try await check(bed, ["--pin-age", "0s"]).status == 1)
        }
    }

    @Test("A pin that outlives its certificate warns in check and status, with who, why and until")
    func pinTooLong() async throws {
        try await withTestBed { bed in
            var options = TestBed.options("web.example")
            options.lifetimeSeconds = 60 * 86_400
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: "web", options)
            try bed.writeSettings(["web"])
            try await bed.kvagent("sync", status: 0)
            let end = Date(timeIntervalSinceNow: 61 * 86_400).formatted(.iso8601)
            try await bed.kvagent("pin", "web", "--reason", "audit", "--until", end, status: 0)
            let result = try await check(bed, [])
            #expect(result.status == 1)
            let pin = try await bed.json("status")["certificates"][0]["pin"]
            let actor = try #require(pin["actor"].string)
            for output in [
                result.output, try await bed.kvagent("status", status: 0).output,
            ] {
                #expect(output.contains(" by \(actor) for "), "\(output)")
                #expect(output.contains(": audit; until \(end), past its expiry on "))
            }
            let warnings = try await bed.json("show", "web")["status"]["warnings"].array
            #expect(
                warnings.first?.string?.hasPrefix("pinned by \(actor), until \(end), past") == true
            )
            let metrics = try await bed.kvagent("metrics", status: 0).output
            #expect(metrics.contains("kvagent_pin_until_timestamp_seconds{certificate=\"web\""))
        }
    }

    @Test(
        "What can't be judged is UNKNOWN, with 3, on standard output",
        arguments: [
            ["check", "--warning", "soon"], ["check", "--warning", "1d", "--critical", "2d"],
            ["check", "--failures", "0"], ["check", "--no-such-option"],
            ["check", "--config", "/nowhere/kvagent.yaml"],
        ]
    )
    func unknown(arguments: [String]) async throws {
        let result = try await runCommand([TestBed.kvagent] + arguments)
        #expect(result.status == 3)
        #expect(result.output.hasPrefix("KVAGENT UNKNOWN: "))
        #expect(result.errors.isEmpty)
    }

    @Test("Wrong settings, an unknown name and a damaged history are UNKNOWN, too")
    func unknownState() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let name = try await bed.kvagent("check", "wbe", status: 3)
            #expect(name.output.hasPrefix("KVAGENT UNKNOWN: no certificate \"wbe\""))
            try writeFile(
                bed.state.appending("history.db"),
                String(repeating: "not a database", count: 1000)
            )
            let damaged = try await bed.kvagent("check", status: 3)
            #expect(damaged.output.hasPrefix("KVAGENT UNKNOWN: open history"))
            #expect(try await bed.json("check")["status"].string == "unknown")
            try writeFile(bed.settingsFile, "colour: blue")
            let settings = try await bed.kvagent("check", status: 3)
            #expect(settings.output.contains("colour: unknown key"))
        }
    }

    private func check(_ bed: TestBed, _ arguments: [String]) async throws -> CommandResult {
        try await runCommand(
            [TestBed.kvagent, "check", "--without-daemon", "--config", bed.settingsFile.string]
                + arguments
        )
    }
}
