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

    @Test(
        "Forms that exclude each other, and times the wrong way round, are wrong usage",
        arguments: [
            ["--json", "--csv"], ["--csv", "--jsonl"], ["--json", "--jsonl", "--csv"],
            ["--since", "1h", "--until", "2h"], ["--trigger", "magic"], ["--limit", "0"],
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
                let cut = try await bed.onTerminal("LC_ALL=\(locale) COLUMNS=72", "history")
                #expect(cut.allSatisfy { $0.count <= 72 }, "\(cut)")
                #expect(cut.contains { $0.count == 72 && $0.hasSuffix(sign) }, "\(cut)")
            }
        }
    }
}
