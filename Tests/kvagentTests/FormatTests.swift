import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Files in further formats")
struct FormatTests {
    private static let all = "formats: [pkcs12, haproxy, der]"

    @Test("They lie beside the PEM files, of the same certificate, readable as those are")
    func written() async throws {
        try await withTestBed { bed in
            let password = try bed.password("geheim\n")
            try await bed.observe(
                ["web"],
                entries:
                    "\(Self.all), pkcs12: {passwordFile: \(password), alias: Web}, mode: \"0640\""
            )
            try await bed.kvagent("config", "check", status: 0)
            try await bed.kvagent("sync", status: 0)
            #expect(
                try bed.liveFiles("web") == [
                    "bundle.p12", "bundle.pem", "cert.der", "cert.pem", "chain.pem",
                    "fullchain.pem", "privkey.der", "privkey.pem", "web.pem",
                ]
            )
            for (file, mode) in [
                ("bundle.p12", 0o640), ("web.pem", 0o640), ("privkey.der", 0o640),
                ("cert.der", 0o644),
            ] {
                #expect(TestSupport.mode(of: bed.live("web", file)) == mode_t(mode), "\(file)")
            }
            #expect(try await bed.agree("web", password: "geheim"))
            let opened = try await bed.openP12("web", password: "geheim")
            #expect(opened.output.contains("friendlyName: Web"))
            #expect(opened.errors.contains("AES-256-CBC"))
            #expect(try await bed.openP12("web", password: "other").status != 0)
            let shown = try await bed.json("show", "web")["shown"]["files"].array
            #expect(shown.contains { $0["name"].string == "bundle.p12" })

            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == second)
            #expect(try await bed.agree("web", password: "geheim"))
        }
    }

    @Test("A pass in which nothing has changed writes nothing, salts or not")
    func unchanged() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], entries: "\(Self.all), pkcs12: {encryption: legacy}")
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            let before = try bed.bytes("web")
            let directory = try #require(facts(of: bed.versionDirectory("web"))).st_ino
            bed.clearJournal()
            try await bed.kvagent("sync", "--exit-code", status: 0)
            #expect(try bed.bytes("web") == before)
            #expect(facts(of: bed.versionDirectory("web"))?.st_ino == directory)
            #expect(try bed.journalLines() == [])
        }
    }

    @Test("A rollback makes them of the old version's PEM files, on disk or fetched anew")
    func rollback() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            // The first version was never written with them.
            try bed.writeSettings(["web"], entries: Self.all)
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.agree("web", password: ""))
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == first)
            #expect(try await bed.agree("web", password: ""))

            let second = try #require(
                try await bed.json("history", "web").array.map { $0["version"].string }
                    .first { $0 != first } ?? nil
            )
            removeTree(bed.certs.appending("web/versions/\(second)"))
            try await bed.kvagent("rollback", "web", "--to", second, status: 0)
            #expect(bed.current("web") == second)
            #expect(try await bed.agree("web", password: ""))
        }
    }

    @Test("A format that is added comes at the next pass with its hooks; one that is taken, goes")
    func addedAndTaken() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            bed.clearJournal()
            try bed.writeSettings(["web"], entries: Self.all)
            #expect(
                try await bed.json("sync", "--dry-run")["certificates"][0]["result"].string
                    == "wouldDeploy"
            )
            try await bed.kvagent("sync", "--exit-code", status: 10)
            #expect(try bed.journalLines() == ["reload r web"])
            #expect(try await bed.agree("web", password: ""))
            let row = try await bed.json("history", "web")[0]
            #expect(row["trigger"].string == "drift" && row["outcome"].string == "deployed")

            try bed.writeSettings(["web"], entries: "formats: [der]")
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.liveFiles("web").contains("cert.der"))
            #expect(try !bed.liveFiles("web").contains("bundle.p12"))
            try bed.writeSettings(["web"])
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.liveFiles("web").count == 5)
            #expect(try bed.journalLines() == ["reload r web"])
        }
    }

    @Test("Another password makes another file at the next pass, and the hooks run")
    func passwordChanged() async throws {
        try await withTestBed { bed in
            let password = try bed.password("one\n")
            try await bed.observe(
                ["web"],
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            bed.clearJournal()
            try bed.password("two")
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.journalLines() == ["reload r web"])
            #expect(try await bed.agree("web", password: "two"))
            #expect(try await bed.openP12("web", password: "one").status != 0)
        }
    }

    @Test(
        "A file that was damaged or removed is mended, and the hooks run",
        arguments: ["bundle.p12", "web.pem", "cert.der", "privkey.der"]
    )
    func healed(file: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"], entries: Self.all)
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            let whole = try readFile(bed.live("web", file))
            for damage in [
                { try writeFile(bed.live("web", file), bytes: Array(whole.dropLast(9))) },
                { removeTree(bed.live("web", file)) },
                { try makeDirectories(bed.live("web", file).appending("x")) },
                { try makeSymlink(bed.live("web", file), to: "cert.pem") },
            ] as [() throws -> Void] {
                removeTree(bed.live("web", file))
                bed.clearJournal()
                try damage()
                try await bed.kvagent("sync", status: 0)
                #expect(try bed.journalLines() == ["reload r web"])
                #expect(try await bed.agree("web", password: ""))
            }
        }
    }

    @Test("A password that can't be read fails its certificate alone, and what is live stays")
    func unreadable() async throws {
        try await withTestBed { bed in
            let password = try bed.password("one\n")
            try await bed.observe(["web", "other"])
            try bed.writeSettings(
                ["web"],
                other: "other",
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            try await bed.kvagent("sync", status: 0)
            let live = try bed.bytes("web")
            for (damage, cause, mend) in [
                ({ removeTree(password) }, "No such file", "write the password into it"),
                ({ try bed.password("a", mode: 0o644) }, "readable by everybody", "chmod o= "),
                ({ try bed.password("a\rb") }, "control character", "one line"),
            ] as [(() throws -> Void, String, String)] {
                try damage()
                let check = try await bed.kvagent("config", "check", status: 78)
                #expect(check.errors.contains("pkcs12.passwordFile: \(password): "))
                #expect(check.errors.contains(cause) && check.errors.contains(mend))
                for name in ["web", "other"] {
                    try await bed.emulator.rotate(vault: TestBed.vault, name: name)
                }
                let result = try await bed.kvagent("sync", status: 1)
                let said = result.output + result.errors
                #expect(said.contains(password.string) && said.contains(cause), "\(said)")
                #expect(said.contains(mend), "\(said)")
                #expect(try bed.bytes("web") == live)
                #expect(try await bed.outcomes("web").first == "failed")
                #expect(try await bed.outcomes("other").first == "deployed")
                removeTree(password)
            }
            try bed.password("three")
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.agree("web", password: "three"))
        }
    }

    @Test(
        "A password that gets lost while nothing else changes is a warning, and nothing is written"
    )
    func lost() async throws {
        try await withTestBed { bed in
            let password = try bed.password("one\n")
            try await bed.observe(
                ["web"],
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            try await bed.kvagent("sync", status: 0)
            let live = try bed.bytes("web")
            removeTree(password)
            try await bed.kvagent("sync", status: 1)
            #expect(try bed.bytes("web") == live)
            #expect(try await bed.outcomes("web") == ["deployed"])
            let poll = try await bed.json("status")["certificates"][0]["lastPoll"]
            #expect(poll["error"].string?.contains("read password \(password)") == true)
            try bed.password("one")
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.bytes("web") == live)
        }
    }

    @Test("A rollback whose password can't be read changes nothing, and leaves no pin")
    func rollbackWithoutPassword() async throws {
        try await withTestBed { bed in
            let password = try bed.password("one")
            try await bed.observe(
                ["web"],
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            try await bed.kvagent("sync", status: 0)
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let live = try bed.bytes("web")
            removeTree(password)
            let result = try await bed.kvagent("rollback", "web", status: 1)
            #expect((result.output + result.errors).contains("read password \(password)"))
            #expect(bed.current("web") == second)
            #expect(try bed.bytes("web") == live)
            #expect(try await bed.outcomes("web").first == "failed")
            #expect(try await bed.json("status")["certificates"][0]["pin"] == .null)
        }
    }

    @Test("After kill -9 the hooks that are due run, though the password has gone meanwhile")
    func killed() async throws {
        try await withTestBed { bed in
            let password = try bed.password("one\n")
            try await bed.observe(
                ["web"],
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            try bed.hook(
                "reload/r",
                "[ -e \(bed.directory)/killed ] || { touch \(bed.directory)/killed; kill -9 $PPID; sleep 5; }"
            )
            try await bed.kvagent("sync", status: 137)
            let live = try bed.bytes("web")
            removeTree(password)
            bed.clearJournal()
            try await bed.kvagent("sync", status: 1)
            #expect(try bed.journalLines() == ["reload r web"])
            #expect(try await bed.outcomes("web") == ["deployed", "interrupted"])
            #expect(try bed.bytes("web") == live)
        }
    }

    @Test("The password is in no log, output, database or argument, and no hook is given it")
    func secrecy() async throws {
        try await withTestBed { bed in
            let word = "Kennwort-4711-nirgends"
            let password = try bed.password(word)
            try await bed.observe(
                ["web"],
                entries: "formats: [pkcs12], pkcs12: {passwordFile: \(password)}"
            )
            let seen = bed.directory.appending("seen")
            try bed.hook(
                "reload/r",
                "{ env; cat; cat /proc/$PPID/environ /proc/*/cmdline; } > \(seen) 2>/dev/null; true"
            )
            let result = try await bed.kvagent("sync", "--log-level", "trace", status: 0)
            let shown = try await bed.kvagent("config", "show", status: 0)
            let database = try await runCommand(["sh", "-c", "cat \(bed.state)/history.db*"])
            for text in [
                result.output, result.errors, shown.output, database.output,
                String(decoding: try readFile(seen), as: UTF8.self),
            ] {
                #expect(!text.isEmpty || text == result.output)
                #expect(!text.contains(word))
            }
        }
    }
}
