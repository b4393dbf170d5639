import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Output")
struct OutputTests {
    @Test(
        "A log that can't be written stops no deployment",
        arguments: ["2>/dev/full", "2>&-", "2>&1 >/dev/null | true"]
    )
    func command(redirection: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            // The log is longer than a pipe, so the last of the three breaks for sure.
            try bed.hook("deploy/h", "sleep 0.2")
            let result = try await bed.shell(
                "{ \"$0\" sync --log-level trace --config \"$1\" || echo died >&9; } 9>\(bed.journal).died \(redirection)"
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(try readText(FilePath("\(bed.journal).died")) == "")
            #expect(try await bed.isWhole("web"))
            #expect(try await bed.outcomes("web") == ["deployed"])
        }
    }

    @Test("The daemon polls on", arguments: ["2>/dev/full", "2>&-"])
    func daemon(redirection: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withRunningCommand([
                "sh", "-c", "exec \"$0\" run --config \"$1\" \(redirection)", TestBed.kvagent,
                bed.settingsFile.string,
            ]) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(await waitUntil { bed.current("web") == next })
            }
        }
    }

    @Test(
        "A result that can't be written is exit 1 with a message",
        arguments: ["status", "status --json", "sync", "history", "config check", "--help"]
    )
    func result(command: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let settings = command == "--help" ? "" : "--config \"$1\""
            for (redirection, cause) in [
                (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
            ] {
                let result = try await bed.shell("\"$0\" \(command) \(settings) \(redirection)")
                #expect(result.status == 1)
                #expect(
                    result.errors.contains("write the result to standard output: \(cause)"),
                    "\(result.errors)"
                )
            }
        }
    }

    @Test("A history that a terminal has no room for has the reasons beneath the rows, whole")
    func narrowHistory() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("check/no", "echo the new certificate lacks what this host needs; exit 3")
            try await bed.kvagent("sync", status: 1)
            let reason = "check hook \"no\" exited with 3"
            let wide = try await bed.onTerminal("COLUMNS=300", "history")
            let row = try #require(wide.last)
            #expect(wide.count == 2 && row.contains(reason))
            let run = try #require(try await bed.json("history")[0]["runId"].string)
            #expect(row.contains(run))
            let narrow = try await bed.onTerminal("COLUMNS=80", "history")
            #expect(narrow.allSatisfy { $0.count <= 80 })
            #expect(!narrow[1].contains("check hook"))
            let beneath = narrow[2...].map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(beneath.joined(separator: " ").hasPrefix(reason), "\(narrow)")
        }
    }

    @Test("A hook ends quietly when the reader of its pipe does, as in any shell")
    func hooksHaveTheDefault() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("deploy/h", "grep SigIgn /proc/self/status > \(bed.directory)/ignored")
            try await bed.kvagent("sync", status: 0)
            let line = try readText(bed.directory.appending("ignored"))
            // Which of its own signals the C library ignores is its affair.
            let ignored = try #require(
                line.split(separator: "\t").last.flatMap {
                    UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
                }
            )
            #expect(ignored & (1 << UInt64(SIGPIPE - 1)) == 0, "\(line)")
        }
    }

    /// "old" has expired, "half" has used up half of its validity, "web" next to nothing.
    private func threeAges(_ bed: TestBed) async throws {
        let now = Date()
        let ages: [(String, Double, Double)] = [("web", 0, 90), ("half", -50, 50), ("old", -9, 0)]
        for (name, begin, end) in ages {
            var options = TestBed.options("\(name).example")
            options.notBefore = now.addingTimeInterval(begin * 86_400 - 60)
            options.notAfter = now.addingTimeInterval(end * 86_400 - 30)
            try await bed.emulator.createCertificate(vault: TestBed.vault, name: name, options)
        }
        try bed.writeSettings(ages.map(\.0), extra: "policy: {expired: allow}")
        try await bed.kvagent("sync", status: 0)
    }

    @Test("Status has a bar of the validity that is used up, in what the locale can show")
    func validityBar() async throws {
        try await withTestBed { bed in
            try await threeAges(bed)
            for (locale, full, empty) in [("C.UTF-8", "█", "░"), ("C", "#", "-")] {
                let result = try await bed.shell("LC_ALL=\(locale) \"$0\" status --config \"$1\"")
                let rows = result.output.split(separator: "\n").filter { $0.contains(" current ") }
                let bars = rows.map { $0.split(separator: " ")[3] }
                #expect(
                    bars
                        == [0, 5, 10].map {
                            String(repeating: full, count: $0)
                                + String(repeating: empty, count: 10 - $0)
                        }.map { $0[...] },
                    "\(result.output)"
                )
                #expect(!result.output.contains("\u{1B}"))
            }
        }
    }

    @Test("Colours are for terminals that have them and for people who want them")
    func colours() async throws {
        try await withTestBed { bed in
            try await threeAges(bed)
            let terminal = "LC_ALL=C.UTF-8 COLUMNS=80"
            let lines = try await bed.onTerminal("\(terminal) TERM=xterm", "status")
            let rows = lines.filter { $0.contains(" current ") }
            #expect(rows.count == 3)
            for (row, colour) in zip(rows, ["32", "32", "31"]) {
                #expect(row.contains("\u{1B}[\(colour)m"), "\(row)")
            }
            for variables in ["TERM=xterm NO_COLOR=1", "TERM=dumb"] {
                let plain = try await bed.onTerminal("\(terminal) \(variables)", "status")
                #expect(!plain.joined().contains("\u{1B}"))
                // No line of the table is longer, and none is cut.
                let table = plain.filter { $0.contains(" current ") || $0.hasPrefix("NAME") }
                #expect(table.count == 4 && table.allSatisfy { $0.count <= 80 }, "\(table)")
                #expect(table.allSatisfy { !$0.contains("…") && !$0.contains("THUMB") })
            }
            let wide = try await bed.onTerminal("LC_ALL=C COLUMNS=200 TERM=dumb", "status")
            #expect(wide.contains { $0.hasPrefix("NAME") && $0.hasSuffix("THUMBPRINT") })
        }
    }

    @Test(
        "The history of a name that nobody knows is refused; one that has left the settings is shown"
    )
    func unknownName() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            let before = try await bed.kvagent("history", "wbe", status: 1)
            #expect(before.errors.hasSuffix("kvagent: hint: the settings have web, api\n"))
            try await bed.kvagent("history", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["api"])
            let gone = try await bed.kvagent("history", "web", status: 0)
            #expect(gone.output.contains("deployed"))
            let unknown = try await bed.kvagent("history", "wbe", status: 1)
            #expect(unknown.output == "")
            #expect(unknown.errors.hasPrefix("kvagent: error: no certificate \"wbe\", neither in"))
        }
    }
}
