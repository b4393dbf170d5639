import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("A history that is lost")
struct HistoryLossTests {
    private func damage(_ bed: TestBed) throws {
        let rubbish = "this is not a database, but it is long enough to be taken for one"
        try writeFile(bed.state.appending("history.db"), rubbish, mode: 0o640)
    }

    private func setAside(_ bed: TestBed) throws -> [String] {
        try names(in: bed.state).filter { $0.hasPrefix("history.db.damaged-") }
    }

    /// What is live, to see that nothing touched it.
    private func snapshot(_ bed: TestBed) async throws -> String {
        try await runCommand(["find", bed.certs.string, "-printf", "%p %i %T@ %m %l\n"]).output
    }

    @Test(
        "A damaged one is set aside by the next command, and what is live stays and is known again"
    )
    func damaged() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", status: 0)
            let live = bed.current("web")
            let before = try await snapshot(bed)
            try damage(bed)

            let status = try await bed.kvagent("status", status: 1)
            #expect(status.errors.contains("kvagent: hint: run `kvagent sync`"), "\(status.errors)")
            #expect(try setAside(bed).isEmpty)

            let sync = try await bed.kvagent("sync", status: 0)
            let name = try #require(try setAside(bed).first)
            #expect(
                sync.errors.hasPrefix(
                    "kvagent: warning: the history was damaged and is now \(bed.state)/\(name);"
                ),
                "\(sync.errors)"
            )
            #expect(sync.errors.contains("pins"))
            #expect(try await snapshot(bed) == before)
            let certificate = try await bed.json("status")["certificates"][0]
            #expect(certificate["state"].string == "current" && certificate["pin"] == .null)
            #expect(certificate["current"]["version"].string == live)
            #expect(certificate["current"]["notAfter"].string != nil)

            let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            let second = try await bed.kvagent("sync", status: 0)
            #expect(second.errors == "" && bed.current("web") == next)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == live)
        }
    }

    @Test("The daemon starts with a damaged one, and its log says where that is")
    func damagedAtStart() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try damage(bed)
            let log = bed.directory.appending("log")
            try await withRunningCommand([
                "sh", "-c", "exec \"$0\" run --config \"$1\" 2>\(log)", TestBed.kvagent,
                bed.settingsFile.string,
            ]) { _ in
                // Until the daemon has set it aside, status can't read it and says so.
                let isKnown = await waitUntil {
                    let status = try? await bed.json("status")
                    return status?["certificates"][0]["state"].string == "current"
                }
                #expect(isKnown)
                let name = try #require(try setAside(bed).first)
                // The new one is there an instant before the log says so.
                let isTold = try await waitUntil {
                    try readText(log).contains("setAside=\(bed.state)/\(name)")
                }
                #expect(isTold)
            }
        }
    }

    @Test("The daemon whose history is damaged under it goes on in a new one, and rotates")
    func damagedUnderTheDaemon() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            let file = bed.state.appending("history.db")
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                #expect(await waitUntil { bed.current("web") != nil })
                // All that SQLite has read before it reads again once another process has written. A
                // row of its own, which no pass that is under way writes over.
                let spoil = """
                    PRAGMA busy_timeout = 60000;
                    PRAGMA ignore_check_constraints = ON;
                    INSERT INTO poll (certificate, last_try_at, consecutive_failures)
                        VALUES ('gone', 'soon', 0);
                    """
                #expect(try await runCommand(["sqlite3", file.string, spoil]).status == 0)
                #expect(try await waitUntil { try !setAside(bed).isEmpty })
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(await waitUntil { bed.current("web") == next })
                #expect(try await bed.json("status")["agent"]["pid"].int == Int(pid))
            }
        }
    }

    /// What may be wrong with a history that is not proof of damage.
    enum Obstacle: String, CaseIterable, Sendable {
        case newer, foreign, readOnly, full

        var words: [String] {
            switch self {
            case .newer: ["v999_later", "install the kvagent that wrote it"]
            case .foreign: ["history.db", "another program"]
            case .readOnly: ["Read-only file system", "name a directory"]
            case .full: ["no space left", "free space"]
            }
        }
    }

    @Test(
        "One that can't be used is told of and kept, what is live is left alone, and it goes on later",
        .enabled { await canMount() },
        arguments: Obstacle.allCases
    )
    func obstacle(_ obstacle: Obstacle) async throws {
        try await withTestBed { bed in
            let file = bed.state.appending("history.db").string
            let filler = bed.state.appending("filler").string
            func run(_ command: String...) async throws {
                let result = try await runCommand(command)
                try #require(result.status == 0, "\(command): \(result.errors)")
            }
            try await run("mkdir", "-p", bed.state.string)
            try await run(
                "mount",
                "-t",
                "tmpfs",
                "-o",
                "size=2m,mode=0755",
                "tmpfs",
                bed.state.string
            )
            do {
                try await bed.observe(["web"])
                try await bed.kvagent("sync", status: 0)
                switch obstacle {
                case .newer:
                    try await run(
                        "sqlite3",
                        file,
                        "INSERT INTO grdb_migrations VALUES ('v999_later')"
                    )
                case .foreign:
                    try await run("mv", file, "\(file).ours")
                    try await run("sqlite3", file, "CREATE TABLE books (title)")
                case .readOnly: try await run("mount", "-o", "remount,ro", bed.state.string)
                case .full:
                    _ = try await runCommand(["dd", "if=/dev/zero", "of=\(filler)", "bs=4k"])
                }
                let before = try await snapshot(bed)
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                let sync = try await bed.kvagent("sync")
                #expect(sync.status != 0 && sync.errors.contains("kvagent: error: "))
                for words in obstacle.words { #expect(sync.errors.contains(words), "\(sync)") }
                #expect(try await snapshot(bed) == before)
                #expect(try setAside(bed).isEmpty)
                switch obstacle {
                case .newer:
                    try await run(
                        "sqlite3",
                        file,
                        "DELETE FROM grdb_migrations WHERE identifier = 'v999_later'"
                    )
                case .foreign: try await run("mv", "\(file).ours", file)
                case .readOnly: try await run("mount", "-o", "remount,rw", bed.state.string)
                case .full: try await run("rm", filler)
                }
                try await bed.kvagent("sync", status: 0)
                #expect(bed.current("web") == next)
            }
            try await run("umount", "--lazy", bed.state.string)
        }
    }

    @Test(
        "The daemon goes on in a new one when the old one, or the whole state, is deleted",
        arguments: ["history.db history.db-wal history.db-shm", "history.db", "."]
    )
    func deleted(what: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withRunningCommand(
                [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
            ) { pid in
                #expect(await waitUntil { bed.current("web") != nil })
                if what == "." {
                    removeTree(bed.state)
                } else {
                    for name in what.split(separator: " ") {
                        removeTree(bed.state.appending(String(name)))
                    }
                }
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                let isOnRecord = try await waitUntil {
                    try await bed.json("history", "web")[0]["version"].string == next
                }
                #expect(isOnRecord)
                #expect(await waitUntil { bed.current("web") == next })
                #expect(try await bed.json("status")["agent"]["pid"].int == Int(pid))
            }
        }
    }
}
