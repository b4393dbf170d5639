import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("history --verify")
struct VerifyTests {
    @Test("It counts the entries and tells the head, which it knows again later")
    func unbroken() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let none = try await bed.kvagent("history", "--verify", status: 0)
            #expect(none.output == "0 entries, unbroken\n")
            try bed.hook("reload/h")
            try await bed.kvagent("sync", status: 0)
            // The version three times, the deployment twice, the hook.
            let answer = try await bed.kvagent("history", "--verify", status: 0)
            let head = try #require(
                answer.output.wholeMatch(of: /6 entries, unbroken\nhead: ([0-9a-f]{64})\n/)?.1
            )
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("history", "--verify", "--head", String(head), status: 0)
            let json = try await bed.json("history", "--verify")
            #expect(json["entries"].int == 12 && json["unbroken"] == .flag(true))
            #expect(json["head"].string?.count == 64 && json["fault"] == .null)
        }
    }

    @Test("It is of the whole history: what would choose a part of it is refused")
    func wholeOnly() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            for words in ["web", "--limit 5", "--since 1d", "--outcome deployed", "--csv"] {
                let result = try await bed.shell("$0 history --verify \(words) --config $1")
                #expect(result.status == 64, "\(words): \(result.errors)")
                #expect(result.errors.contains("whole history"))
            }
        }
    }

    @Test("What was touched is told with exit 1, in words and in JSON")
    func broken() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let version = try #require(bed.current("web"))
            let other = String(repeating: "ab", count: 32)
            let unknown = try await bed.kvagent("history", "--verify", "--head", other, status: 1)
            #expect(unknown.output.hasPrefix("broken: no entry has the value given with --head"))
            try await bed.forge("UPDATE deployment SET actor = 'nobody'")
            let told = try await bed.kvagent("history", "--verify", status: 1)
            #expect(
                told.output.contains(
                    "broken: deployment 1 (web, version \(version), "
                ) && told.output.hasSuffix("): it is not what was written, by entry 4\n"),
                "\(told.output)"
            )
            #expect(told.errors == "")
            let json = try JSON(
                parsing: try await bed.kvagent("history", "--verify", "--json", status: 1).output
            )
            #expect(json["unbroken"] == .flag(false) && json["head"] == .null)
            let fault = json["fault"]
            #expect(fault["kind"].string == "changed" && fault["entry"].int == 4)
            #expect(fault["table"].string == "deployment" && fault["event"].string == "begun")
            #expect(fault["id"].int == 1 && fault["certificate"].string == "web")
            #expect(fault["version"].string == version && fault["at"].string != nil)
            // What is live needs no history.
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
        }
    }

    @Test(
        "A head that can't be one is wrong usage",
        arguments: [
            "--head=ab", "--verify --head=ab",
            "--verify --head=\(String(repeating: "g", count: 64))",
        ]
    )
    func usage(arguments: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let result = try await runCommand(
                [TestBed.kvagent, "history"] + arguments.split(separator: " ").map(String.init)
            )
            #expect(result.status == 64 && result.errors.contains("--head"))
        }
    }
}

extension TestBed {
    /// Changes the history as somebody would who knows how to get round its triggers.
    func forge(_ sql: String) async throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect(sys.argv[1])
            triggers = db.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall()
            for name, _ in triggers: db.execute("DROP TRIGGER " + name)
            db.executescript(sys.argv[2])
            for _, text in triggers: db.execute(text)
            db.commit()
            """
        let database = state.appending("history.db").string
        let result = try await runCommand(["python3", "-c", script, database, sql])
        #expect(result.status == 0, "\(result.errors)")
    }
}
