import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite("kvagent hooks")
struct HooksCommandTests {
    /// Hooks as a package would bring them, in a directory of the test's own.
    private func ship(_ bed: TestBed) throws -> String {
        let directory = bed.directory.appending("shipped")
        for (name, text) in [
            (
                "web-reload",
                "#!/bin/sh\n# Phase reload: reloads web.\necho reloading $KVAGENT_CERTIFICATES\n"
            ),
            (
                "plain",
                "#!/bin/sh\necho \"$KVAGENT_PHASE of $KVAGENT_CERTIFICATE, $KVAGENT_TRIGGER\"\n"
            ),
        ] {
            try writeFile(directory.appending(name), text, mode: 0o755)
        }
        try writeFile(directory.appending("README.md"), "read me\n")
        try writeFile(directory.appending("common.sh"), "# shared\n")
        return directory.string
    }

    @Test("list shows what runs, what is passed over, and what could be turned on")
    func list() async throws {
        try await withTestBed { bed in
            let shipped = try ship(bed)
            try bed.writeSettings(
                ["a", "b"],
                entries: "hooks: [{phase: deploy, run: [/bin/true, x]}]"
            )
            try bed.hook("check/10-own")
            try bed.hook("certs/b/deploy/20-one")
            try writeFile(bed.hooks.appending("reload/bad.txt"), "", mode: 0o755)
            try await bed.kvagent("hooks", "enable", "web-reload", "--from", shipped, status: 0)
            let rows = try await bed.json("hooks", "list", "--from", shipped).array
            func row(_ name: String) throws -> JSON {
                try #require(rows.first { $0["name"].string == name }, "\(name)")
            }
            let keys: Set = [
                "name", "phase", "certificates", "path", "command", "source", "enabled", "warnings",
            ]
            #expect(rows.allSatisfy { $0.keys == keys })
            let own = try row("check/10-own")
            #expect(own["source"].string == "directory" && own["phase"].string == "check")
            #expect(own["certificates"].array.compactMap(\.string) == ["a", "b"])
            #expect(try row("certs/b/deploy/20-one")["certificates"] == .list([.text("b")]))
            #expect(try row("settings:deploy[0]")["source"].string == "settings")
            #expect(rows.filter { $0["name"].string == "settings:deploy[0]" }.count == 2)
            let on = try row("reload/50-web-reload")
            #expect(on["source"].string == "shipped" && on["enabled"] == .flag(true))
            let off = try row("plain")
            #expect(off["source"].string == "shipped" && off["enabled"] == .flag(false))
            #expect(off["phase"] == .null)
            let bad = try row("reload/bad.txt")
            #expect(bad["enabled"] == .flag(false) && bad["warnings"].array.count == 1)
            #expect(rows.count == 7)

            let text = try await bed.kvagent("hooks", "list", "--from", shipped, status: 0).output
            #expect(text.contains("warning: skip \(bed.hooks)/reload/bad.txt: "))
            #expect(text.contains("reload/50-web-reload"))
        }
    }

    @Test("enable links to where the hook runs, disable removes the link")
    func enableAndDisable() async throws {
        try await withTestBed { bed in
            let shipped = try ship(bed)
            try bed.writeSettings(["web"])
            let link = bed.hooks.appending("reload/50-web-reload")
            for changed in [true, false] {
                let answer = try await bed.json("hooks", "enable", "web-reload", "--from", shipped)
                #expect(answer["name"].string == "reload/50-web-reload")
                #expect(answer["path"].string == link.string)
                #expect(answer["target"].string == "\(shipped)/web-reload")
                #expect(answer["changed"] == .flag(changed))
            }
            #expect(
                try FileManager.default.destinationOfSymbolicLink(atPath: link.string)
                    == "\(shipped)/web-reload"
            )
            try await bed.kvagent(
                "hooks",
                "enable",
                "web-reload",
                "--from",
                shipped,
                "--certificate",
                "web",
                "--phase",
                "deploy",
                "--order",
                "7",
                status: 0
            )
            let own = bed.hooks.appending("certs/web/deploy/07-web-reload")
            #expect(facts(of: own) != nil)
            let unclear = try await bed.kvagent(
                "hooks",
                "disable",
                "web-reload",
                "--from",
                shipped,
                status: 1
            )
            #expect(unclear.errors.contains("may be any of"))
            try await bed.kvagent(
                "hooks",
                "disable",
                "web-reload",
                "--from",
                shipped,
                "--phase",
                "reload",
                status: 0
            )
            #expect(facts(of: link) == nil && facts(of: own) != nil)
            try await bed.kvagent("hooks", "disable", "07-web-reload", status: 0)
            #expect(facts(of: own) == nil)
        }
    }

    @Test("What can't be turned on or off is told with what to do instead")
    func refusals() async throws {
        try await withTestBed { bed in
            let shipped = try ship(bed)
            try writeFile(
                bed.directory.appending("shipped/needy"),
                "#!/bin/sh\n# Phase reload: does it to FILE.\n# Needs arguments, so no link.\n",
                mode: 0o755
            )
            try bed.writeSettings(["web"])
            try bed.hook("reload/50-web-reload")
            let cases: [([String], String)] = [
                (["enable", "nothing"], "there are needy, plain, web-reload"),
                (["enable", "common.sh"], "no hook \"common.sh\""),
                (["enable", "plain"], "name it with --phase"),
                (["enable", "needy"], "hooks: [{phase: reload, run: ["),
                (["enable", "web-reload"], "is something else"),
                (["enable", "web-reload", "--certificate", "no"], "no certificate \"no\""),
                (["disable", "nothing"], "see kvagent hooks list"),
                (["disable", "web-reload"], "no hook"),
                (["disable", "50-web-reload"], "a file of your own and not a link"),
            ]
            for (arguments, message) in cases {
                let result = try await runCommand(
                    [TestBed.kvagent, "hooks"] + arguments
                        + ["--from", shipped, "--config", bed.settingsFile.string]
                )
                #expect(result.status == 1 && result.errors.contains(message), "\(result.errors)")
            }
            #expect(facts(of: bed.hooks.appending("reload/50-web-reload")) != nil)
            try await bed.kvagent(
                "hooks",
                "enable",
                "plain",
                "--from",
                shipped,
                "--order",
                "100",
                status: 64
            )
        }
    }

    @Test("test runs a hook against what is live, changes nothing, and fails as the hook does")
    func test() async throws {
        try await withTestBed { bed in
            let shipped = try ship(bed)
            try await bed.observe(["a", "b"])
            let early = try await bed.kvagent(
                "hooks",
                "test",
                "web-reload",
                "--from",
                shipped,
                status: 1
            )
            #expect(early.errors.contains("is live"))
            try await bed.kvagent("sync", status: 0)
            let reload = try await bed.kvagent(
                "hooks",
                "test",
                "web-reload",
                "--from",
                shipped,
                status: 0
            )
            #expect(reload.output.contains("reload hook web-reload for a b: succeeded after "))
            #expect(reload.output.contains("\n  reloading a b\n"))

            try bed.hook("deploy/own", "echo $KVAGENT_TRIGGER; [ $KVAGENT_CERTIFICATE = a ]")
            let runs = try await bed.json("hooks", "test", "own").array
            #expect(runs.map { $0["exitCode"].int } == [0, 1])
            #expect(runs.map { $0["certificates"].array.first?.string } == ["a", "b"])
            #expect(runs[0]["output"].string == "test\n" && runs[0]["name"].string == "deploy/own")
            try await bed.kvagent("hooks", "test", "deploy/own", status: 1)
            try await bed.kvagent("hooks", "test", "deploy/own", "--certificate", "a", status: 0)
            #expect(try await bed.outcomes("a") == ["deployed"])
            let rows = try await bed.json("history", "a")
            #expect(rows[0]["hooks"].array.isEmpty)
            #expect(try await bed.json("status")["certificates"][1]["owedHooks"].array.isEmpty)
        }
    }

    @Test("test runs each of the commands that bear one name in the settings")
    func sameName() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            let text = try readText(bed.settingsFile)
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
                ["a", "b"].reduce(String(line)) { line, name in
                    line.replacing(
                        "name: \(name)}",
                        with: "name: \(name), hooks: [{phase: reload, run: [echo, of-\(name)]}]}"
                    )
                }
            }
            try writeFile(bed.settingsFile, lines.joined(separator: "\n"))
            try await bed.kvagent("sync", status: 0)
            let runs = try await bed.json("hooks", "test", "settings:reload[0]").array
            #expect(runs.map { $0["output"].string } == ["of-a\n", "of-b\n"])
        }
    }

    @Test("test waits for nobody who holds the lock for long: it exits with 11")
    func locked() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook(
                "deploy/own",
                "\(TestBed.kvagent) hooks test own --config \(bed.settingsFile) || echo status $?"
            )
            try await bed.kvagent("sync", status: 0)
            let output = try await bed.json("history", "web")[0]["hooks"][0]["output"].string ?? ""
            #expect(output.contains("status 11"), "\(output)")
        }
    }
}
