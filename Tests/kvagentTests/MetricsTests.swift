import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

/// Prometheus' own judge of the format; Debian has it in the package prometheus.
enum Promtool {
    static let path =
        ProcessInfo.processInfo.environment["PROMTOOL"].flatMap { $0.isEmpty ? nil : $0 }
        ?? "/usr/bin/promtool"
    static let isThere = unsafe access(path, X_OK) == 0
}

@Suite("kvagent metrics")
struct MetricsEndToEndTests {
    @Test("Dates, states and counts are those of the certificates and their history")
    func content() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            let before = try await bed.kvagent("metrics", status: 0).output
            #expect(before.contains("{certificate=\"web\",vault=\"kv\",state=\"pending\"} 1\n"))
            #expect(facts(of: bed.state) == nil, "it changes nothing")

            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("rollback", "web", status: 0)
            let text = try await bed.kvagent("metrics", status: 0).output
            let web = "certificate=\"web\",vault=\"kv\""
            #expect(text.contains("kvagent_deployments_total{\(web),outcome=\"deployed\"} 3\n"))
            #expect(text.contains("kvagent_certificate_state{\(web),state=\"pinned\"} 1\n"))
            #expect(text.contains("kvagent_pinned{\(web)} 1\n"))
            #expect(text.contains("kvagent_pinned{certificate=\"api\",vault=\"kv\"} 0\n"))

            // What the openssl program reads from the live file is what the series says.
            let live = bed.certs.appending("web/current/cert.pem")
            let facts = try await runCommand([
                "openssl", "x509", "-in", live.string, "-noout", "-serial", "-enddate", "-dateopt",
                "iso_8601",
            ]).output.split(separator: "\n").map { String($0.split(separator: "=").last ?? "") }
            let notAfter = try #require(
                ISO8601DateFormatter().date(from: facts[1].replacing(" ", with: "T"))
            )
            let seconds = Int(notAfter.timeIntervalSince1970)
            #expect(
                text.contains(
                    "kvagent_certificate_not_after_timestamp_seconds{\(web)} \(seconds)\n"
                )
            )
            let serial = try await runCommand(["python3", "-c", "print(int('\(facts[0])', 16))"])
                .output.trimmingCharacters(in: .whitespacesAndNewlines)
            #expect(
                text.contains(
                    "serial_number=\"\(serial)\",filename=\"cert.pem\",filepath=\"\(live)\"} \(seconds)\n"
                )
            )
            #expect(text.contains("x509_cert_not_after{subject_CN=\"web.example\","))
        }
    }

    @Test("promtool finds nothing to say against them", .enabled(if: Promtool.isThere))
    func promtool() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", "--reason", "say \"hi\"", status: 0)
            let command = "'\(TestBed.kvagent)' metrics --config '\(bed.settingsFile)'"
            let result = try await runCommand([
                "sh", "-c", "\(command) | '\(Promtool.path)' check metrics",
            ])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            #expect(result.errors.isEmpty)
        }
    }

    @Test("With metrics.textfile every pass and every command that changes something writes it")
    func textfile() async throws {
        try await withTestBed { bed in
            let file = bed.directory.appending("node/kvagent.prom")
            try writeFile(file, "old")
            try await bed.observe(["web"], extra: "metrics: {textfile: \(file)}")
            try await bed.kvagent("sync", "--dry-run", status: 0)
            #expect(try readText(file) == "old")
            try await bed.kvagent("sync", status: 0)
            #expect(mode(of: file) == 0o644)
            #expect(try readText(file).contains("state=\"current\"} 1\n"))
            try await bed.kvagent("pin", "web", status: 0)
            #expect(try readText(file).contains("state=\"pinned\"} 1\n"))
            try await bed.kvagent("unpin", "web", status: 0)
            #expect(try readText(file).contains("state=\"current\"} 1\n"))
            #expect(
                try FileManager.default.contentsOfDirectory(
                    atPath: file.removingLastComponent().string
                ) == ["kvagent.prom"]
            )
        }
    }

    @Test("The daemon writes it after each pass; a directory that is gone stops no deployment")
    func daemon() async throws {
        try await withTestBed { bed in
            let file = bed.directory.appending("node/kvagent.prom")
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1, extra: "metrics: {textfile: \(file)}")
            let check = try await bed.kvagent("config", "check", status: 78)
            #expect(check.errors.contains(": metrics.textfile: \(file) can't be written"))
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                try makeDirectories(file.removingLastComponent())
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(
                    await waitUntil {
                        (try? readText(file))?.contains("version=\"\(next)\"") == true
                    }
                )
            }
        }
    }

    @Test("A command whose metrics can't be written warns, and has done its work all the same")
    func warning() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], extra: "metrics: {textfile: /nowhere/kvagent.prom}")
            let result = try await bed.kvagent("sync", status: 0)
            #expect(result.errors.hasPrefix("kvagent: warning: metrics not written: "))
            #expect(bed.current("web") != nil)
        }
    }
}
