import Foundation
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("history backup, restore and export")
struct BackupTests {
    @Test("A restored history is the one of then, and what went live since is on record again")
    func restored() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", status: 0)
            let first = try #require(bed.current("web"))
            let backup = bed.directory.appending("backup").string
            let made = try await bed.json("history", "backup", backup)
            #expect(made["file"].string == backup && made["bytes"].int ?? 0 > 4096)
            let again = try await bed.kvagent("history", "backup", backup, status: 1)
            #expect(again.errors.contains("it is there already"))
            try await bed.kvagent("history", "backup", backup, "--force", status: 0)
            try await bed.kvagent("unpin", "web", status: 0)
            let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == next)

            let restore = try await bed.kvagent("history", "restore", backup, status: 0)
            #expect(
                restore.output.contains(
                    "the history until now is \(bed.state)/history.db.replaced-"
                )
            )
            #expect(restore.output.contains("web: version \(next.prefix(8))"))
            #expect(restore.output.contains("kvagent unpin web"))
            #expect(bed.current("web") == next)
            let rows = try await bed.json("history")
            #expect(rows.array.map { $0["version"].string } == [first])
            try await bed.kvagent("unpin", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == next)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "current")
            #expect(status["current"]["notAfter"].string != nil)
            try await bed.kvagent("history", "--verify", status: 0)
        }
    }

    @Test("The daemon goes on with the restored one")
    func daemon() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            let backup = bed.directory.appending("backup").string
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                #expect(await waitUntil { bed.current("web") != nil })
                let isClosed = try await waitUntil { try await bed.outcomes("web") == ["deployed"] }
                #expect(isClosed)
                try await bed.kvagent("history", "backup", backup, status: 0)
                try await bed.kvagent("history", "restore", backup, status: 0)
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                let isOnRecord = try await waitUntil {
                    try await bed.outcomes("web") == ["deployed", "deployed"]
                }
                #expect(isOnRecord && bed.current("web") == next)
                #expect(try await bed.json("status")["agent"]["pid"].int == Int(pid))
                try await bed.kvagent("history", "--verify", status: 0)
            }
        }
    }

    @Test("What is no backup is refused, and nothing is changed")
    func refused() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let file = bed.directory.appending("rubbish")
            try writeFile(file, "this is no database, however long it may be", mode: 0o640)
            let result = try await bed.kvagent("history", "restore", file.string, status: 1)
            #expect(result.errors.contains("restore history in \(file): "))
            #expect(result.errors.contains("the history in use is as it was"))
            #expect(try await bed.outcomes("web") == ["deployed"])
            try await bed.kvagent("history", "restore", "\(file).absent", status: 1)
        }
    }

    @Test("An export is JSON in lines, to standard output or into a file")
    func exported() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let none = try await bed.kvagent("history", "export", status: 1)
            #expect(none.errors.contains("there is no history"))
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", status: 0)
            let lines = try await bed.kvagent("history", "export", status: 0).output
            let records = try lines.split(separator: "\n").map { try JSON(parsing: String($0)) }
            #expect(
                records.map { $0["type"].string } == [
                    "version", "examination", "deployment", "pin",
                ]
            )
            #expect(records[0]["files"]["cert.pem"].string?.count == 64)
            #expect(records[1]["findings"] == .list([]))
            #expect(records[2]["outcome"].string == "deployed" && records[2]["hooks"] == .list([]))
            #expect(records[3].keys.contains("liftedAt"))
            let file = bed.directory.appending("export.jsonl")
            try await bed.kvagent("history", "export", file.string, status: 0)
            #expect(try readText(file) == lines)
            try await bed.kvagent("history", "export", file.string, status: 1)
            try await bed.kvagent("history", "export", file.string, "--force", status: 0)
            let full = try await bed.shell(
                "\"$0\" history export --config \"$1\" >/dev/full"
            )
            #expect(full.status == 1 && full.errors.contains("No space left"))
        }
    }

    @Test("A certificate that is called like a subcommand is still asked for")
    func names() async throws {
        try await withTestBed { bed in
            try await bed.observe(["backup", "web"])
            try await bed.kvagent("sync", status: 0)
            let result = try await runCommand([
                "env", "KVAGENT_CONFIG=\(bed.settingsFile)", TestBed.kvagent, "history", "--",
                "backup",
            ])
            #expect(result.status == 0, "\(result.errors)")
            #expect(result.output.contains("backup") && !result.output.contains("web"))
            let web = try await bed.kvagent("history", "web", "--limit", "5", status: 0)
            #expect(web.output.contains("web") && !web.output.contains("backup"))
        }
    }
}
