import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("kvagent history")
struct HistoryCommandTests {
    /// "web" deployed twice and rolled back, for a reason that a spreadsheet would take for a
    /// formula; "api" deployed once.
    private func rolledBack(_ bed: TestBed) async throws {
        try await bed.observe(["web", "api"])
        try bed.hook("reload/r")
        try await bed.kvagent("sync", status: 0)
        try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
        try await bed.kvagent("sync", status: 0)
        try await bed.kvagent(
            "rollback",
            "web",
            "--reason",
            "=1+1, \"quoted\"\nand a line",
            status: 0
        )
    }

    @Test("Rows are chosen by trigger, outcome and time, and by all of them together")
    func filters() async throws {
        try await withTestBed { bed in
            try await rolledBack(bed)
            func count(_ arguments: String...) async throws -> Int {
                let result = try await runCommand(
                    [TestBed.kvagent, "history", "--json", "--config", bed.settingsFile.string]
                        + arguments
                )
                return try JSON(parsing: result.output).array.count
            }
            #expect(try await count() == 4)
            #expect(try await count("--trigger", "rollback") == 1)
            #expect(try await count("web", "--trigger", "sync") == 2)
            #expect(try await count("--outcome", "deployed", "--trigger", "sync") == 3)
            #expect(try await count("--since", "1h", "--trigger", "rollback") == 1)
            #expect(try await count("--until", "1h") == 0)
            #expect(try await count("web", "--until", "1h") == 0)
            #expect(try await count("--since", "2w", "--until", "0m", "--limit", "2") == 2)
            let rows = try await bed.json("history", "api").array
            let start = try #require(rows.first?["startedAt"].string)
            // Seconds are all that JSON has; the moment itself lies within the one.
            #expect(try await count("api", "--since", start) == 1)
            #expect(try await count("api", "--until", start) == 0)
        }
    }

    @Test("JSON lines are the elements of the array, one in each line")
    func jsonLines() async throws {
        try await withTestBed { bed in
            try await rolledBack(bed)
            let lines = try await bed.kvagent("history", "--jsonl", status: 0).output
                .split(separator: "\n")
            let rows = try await bed.json("history").array
            #expect(try lines.map { try JSON(parsing: String($0)) } == rows)
            #expect(rows.count == 4)
            let none = try await bed.kvagent("history", "--jsonl", "--until", "1h", status: 0)
            #expect(none.output == "")
        }
    }

    @Test("CSV has a header, CRLF, quotes where needed, and no formulas")
    func csv() async throws {
        try await withTestBed { bed in
            try await rolledBack(bed)
            let text = try await bed.kvagent("history", "--csv", status: 0).output
            let lines = text.components(separatedBy: "\r\n")
            #expect(
                lines.first
                    == "certificate,version,thumbprint,sha256,notBefore,notAfter,trigger,outcome,"
                    + "reason,actor,startedAt,finishedAt,previousVersion,runId,error,hooks,failedHooks"
            )
            // Header, four rows, and what follows the last line's end.
            #expect(lines.count == 6 && lines.last == "")
            #expect(
                text.contains(",rollback,deployed,\"'=1+1, \"\"quoted\"\"\nand a line\",")
            )
            let row = try await bed.json("history", "api")[0]
            let cells = try #require(lines.first { $0.hasPrefix("api,") }).components(
                separatedBy: ","
            )
            #expect(cells[1] == row["version"].string)
            #expect(cells[10] == row["startedAt"].string)
            #expect(cells[15] == "1" && cells[16] == "")
            let none = try await bed.kvagent("history", "--csv", "--until", "1h", status: 0)
            #expect(none.output == "\(lines[0])\r\n")
        }
    }

    /// A moment as it is printed: in whole seconds.
    private func second(_ moment: String) -> String { moment.prefix(19) + "Z" }

    @Test("What was live at a moment is said of each certificate, also of one that has gone")
    func live() async throws {
        try await withTestBed { bed in
            let early = Date().formatted(.iso8601)
            try await bed.observe(["web", "api"])
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            let between = Date().formatted(
                Date.ISO8601FormatStyle(includingFractionalSeconds: true)
            )
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("rollback", "web", "--reason", "clients broke", status: 0)
            try bed.writeSettings(["web"])

            let then = try await bed.json("history", "--at", between)
            #expect(then.array.map { $0["certificate"].string } == ["web", "api"])
            let row = try await bed.json("history", "web").array.last
            for field in ["version", "thumbprint", "sha256", "notBefore", "notAfter", "runId"] {
                #expect(then[0][field] == row?[field], "\(field)")
            }
            #expect(then[0]["version"].string == first)
            #expect(then[0]["since"] == row?["finishedAt"])
            #expect(then[0]["trigger"].string == "sync" && then[0]["at"].string == second(between))
            #expect(then[0]["isExpired"] == .flag(false))

            let now = try await bed.json("history", "web", "--at", "0m")[0]
            #expect(now["version"].string == first && now["trigger"].string == "rollback")
            #expect(now["reason"].string == "clients broke")

            let before = try await bed.json("history", "--at", early)
            #expect(before.array.count == 1)
            #expect(before[0]["version"] == .null && before[0]["isExpired"] == .null)
            #expect(before[0].keys == now.keys)
            let text = try await bed.kvagent("history", "--at", early, status: 0).output
            #expect(text.contains("web          nothing"), "\(text)")
            let csv = try await bed.kvagent("history", "--at", between, "--csv", status: 0).output
            #expect(csv.contains("web,\(second(between)),\(first),"), "\(csv)")
        }
    }

    @Test("Before the first start nothing was live")
    func liveWithoutHistory() async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"])
            let live = try await bed.json("history", "--at", "1d")
            #expect(live.array.count == 1 && live[0]["version"] == .null)
        }
    }

    @Test(
        "Forms that exclude each other, and times the wrong way round, are wrong usage",
        arguments: [
            ["--json", "--csv"], ["--csv", "--jsonl"], ["--json", "--jsonl", "--csv"],
            ["--since", "1h", "--until", "2h"], ["--trigger", "magic"], ["--limit", "0"],
            ["--at", "2200-01-01"], ["--at", "1h", "--since", "2h"],
            ["--at", "1h", "--limit", "5"],
            ["--at", "soon"],
        ]
    )
    func usage(arguments: [String]) async throws {
        let result = try await runCommand([TestBed.kvagent, "history"] + arguments)
        #expect(result.status == 64)
        #expect(result.output == "")
        if arguments.contains("--csv") {
            #expect(result.errors.contains("exclude each other"), "\(result.errors)")
        }
    }

    @Test("With --jsonl an error is a line of JSON")
    func errors() async throws {
        let result = try await runCommand([
            TestBed.kvagent, "history", "--jsonl", "--config", "/nowhere",
        ])
        #expect(result.status == 78)
        #expect(result.errors.split(separator: "\n").count == 1)
        #expect(try JSON(parsing: result.errors)["error"]["exitCode"].int == 78)
    }

    @Test("A reason with a line break leaves each deployment its one line")
    func oneLine() async throws {
        try await withTestBed { bed in
            try await rolledBack(bed)
            let text = try await bed.kvagent("history", status: 0).output
            #expect(text.split(separator: "\n").count == 5)
            #expect(text.contains("\"quoted\" and a line"))
        }
    }

    @Test("On a terminal lines are cut to its width, in a pipe they are whole")
    func width() async throws {
        try await withTestBed { bed in
            try await rolledBack(bed)
            let whole = try await bed.kvagent("history", status: 0).output
            #expect(whole.split(separator: "\n").contains { $0.count > 80 })
            for (locale, sign) in [("C.UTF-8", "…"), ("C", "...")] {
                let cut = try await bed.onTerminal("LC_ALL=\(locale) COLUMNS=50", "history")
                #expect(cut.allSatisfy { $0.count <= 50 }, "\(cut)")
                #expect(cut.contains { $0.count == 50 && $0.hasSuffix(sign) }, "\(cut)")
            }
        }
    }
}
