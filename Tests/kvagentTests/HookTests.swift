import Foundation
import Glibc
import SystemPackage
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Hooks, end to end")
struct HookEndToEndTests {
    @Test("Deploy hooks run for each certificate, reload hooks once for all")
    func batch() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b", "c"])
            try bed.hook("check/10-check")
            try bed.hook("20-flat")
            try bed.hook("deploy/30-deploy")
            try bed.hook("reload/40-reload")
            try bed.hook("certs/b/reload/50-own")
            try await bed.kvagent("sync", status: 0)
            #expect(
                try bed.journalLines() == [
                    "check 10-check a", "check 10-check b", "check 10-check c",
                    "deploy 20-flat a", "deploy 30-deploy a",
                    "deploy 20-flat b", "deploy 30-deploy b",
                    "deploy 20-flat c", "deploy 30-deploy c",
                    "reload 40-reload a b c", "reload 50-own b",
                ]
            )
        }
    }

    @Test("The same command in the settings of several certificates runs once")
    func sharedCommand() async throws {
        try await withTestBed { bed in
            try bed.hook("x/reload", "")
            let command = bed.hooks.appending("x/reload")
            try await bed.observe(
                ["a", "b"],
                entries: "hooks: [{phase: reload, run: [\(command), now]}]"
            )
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.journalLines() == ["reload reload a b"])
        }
    }

    @Test("A candidate that a check hook refuses never goes live and isn't tried again")
    func checkFails() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let good = try #require(bed.current("web"))
            try bed.hook("check/no", "echo names are wrong >&2; exit 3")
            try bed.hook("failure/tell")
            let bad = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == good)
            let row = try await bed.json("history", "web")[0]
            #expect(row["version"].string == bad && row["outcome"].string == "rejected")
            #expect(row["error"].string == "check hook \"no\" exited with 3: names are wrong")
            #expect(try bed.journalLines() == ["check no web", "failure tell web"])

            try await bed.kvagent("sync", status: 1)
            #expect(try bed.journalLines().count == 2)
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "rejected")

            try bed.hook("check/no", "exit 0")
            try await bed.kvagent("retry", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == bad)
        }
    }

    @Test("A failed reload takes the whole batch back, and the halves show whose fault it was")
    func reloadFails() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try bed.hook("deploy/d")
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 0)
            let good = [bed.current("a"), bed.current("b")]
            let bad = try await bed.emulator.rotate(vault: TestBed.vault, name: "a")
            let innocent = try await bed.emulator.rotate(vault: TestBed.vault, name: "b")
            // Refuses exactly the event that names the bad version as live.
            try bed.hook(
                "reload/r",
                "! tr -d ' \\n' | grep -q '\"version\":\"\(bad)\"'"
            )
            bed.clearJournal()
            try await bed.kvagent("sync", status: 1)
            #expect([bed.current("a"), bed.current("b")] == [good[0], innocent])
            #expect(
                try bed.journalLines() == [
                    "deploy d a", "deploy d b", "reload r a b",
                    "deploy d a", "deploy d b", "reload r a b",
                    "deploy d a", "reload r a", "deploy d a", "reload r a",
                    "deploy d b", "reload r b",
                ]
            )
            #expect(try await bed.outcomes("a") == ["rolledBack", "failed", "deployed"])
            #expect(try await bed.outcomes("b") == ["deployed", "failed", "deployed"])
            let status = try await bed.json("status")
            #expect(
                status["certificates"].array.map { $0["state"].string } == ["rejected", "current"]
            )
        }
    }

    @Test("A reload that fails for the old versions, too, is nobody's fault and isn't repeated")
    func reloadFailsAnyway() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try await bed.kvagent("sync", status: 0)
            let good = [bed.current("a"), bed.current("b")]
            for name in ["a", "b"] {
                try await bed.emulator.rotate(vault: TestBed.vault, name: name)
            }
            try bed.hook("reload/r", "exit 1")
            try await bed.kvagent("sync", status: 1)
            #expect([bed.current("a"), bed.current("b")] == good)
            #expect(try bed.journalLines() == ["reload r a b", "reload r a b"])
            #expect(try await bed.outcomes("a") == ["rolledBack", "deployed"])
            #expect(try await bed.outcomes("b") == ["rolledBack", "deployed"])
        }
    }

    @Test("A failed deploy hook takes only its own certificate back")
    func deployFails() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try await bed.kvagent("sync", status: 0)
            let good = bed.current("a")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "a")
            let newB = try await bed.emulator.rotate(vault: TestBed.vault, name: "b")
            try bed.hook("certs/a/deploy/no", "[ \"$KVAGENT_VERSION\" = \(good ?? "") ]")
            try bed.hook("reload/r")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("a") == good)
            #expect(bed.current("b") == newB)
            #expect(
                try bed.journalLines() == ["deploy no a", "deploy no a", "reload r b"]
            )
        }
    }

    @Test("A first version whose hook fails is not left live")
    func firstFails() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("deploy/no", "exit 1")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == nil)
            #expect(try await bed.outcomes("web") == ["rolledBack"])
        }
    }

    @Test("A hook that fails on the way back leaves the certificate degraded until it succeeds")
    func degraded() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let good = bed.current("web")
            try bed.hook("reload/r", "exit 1")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == good)
            var certificate = try await bed.json("status")["certificates"][0]
            #expect(certificate["state"].string == "degraded")
            #expect(certificate["owedHooks"][0]["name"].string == "reload/r")
            try bed.hook("reload/r", "exit 0")
            try await bed.kvagent("sync", status: 1)
            certificate = try await bed.json("status")["certificates"][0]
            #expect(certificate["state"].string == "rejected")
            #expect(certificate["owedHooks"].array.isEmpty)
        }
    }

    @Test("Exit 75 leaves the hook owed: it runs at each pass until it succeeds")
    func later() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let flag = bed.directory.appending("now")
            try bed.hook("reload/r", "[ -e \(flag) ] || exit 75")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") != nil)
            #expect(
                try await bed.json("status")["certificates"][0]["owedHooks"][0]["attempts"].int == 1
            )
            try await bed.kvagent("sync", status: 0)
            #expect(
                try await bed.json("status")["certificates"][0]["owedHooks"][0]["attempts"].int == 2
            )
            try writeFile(flag, "")
            try await bed.kvagent("sync", status: 0)
            #expect(
                try await bed.json("status")["certificates"][0]["owedHooks"].array.isEmpty
            )
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.journalLines().count == 3)
        }
    }

    @Test("What a version owes is forgotten when it goes back")
    func owedByWhatWentBack() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try bed.hook("deploy/later", "[ $KVAGENT_VERSION != \(second) ] || exit 75")
            try bed.hook("reload/no", "[ $KVAGENT_VERSION != \(second) ]")
            try await bed.kvagent("sync", status: 1)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["owedHooks"].array.isEmpty)
            #expect(status["state"].string == "rejected")
        }
    }

    @Test("An owed hook that succeeds on the way back to its version is owed no more")
    func settledOnTheWayBack() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try bed.hook("deploy/d", "exit 75")
            try await bed.kvagent("sync", status: 0)
            try bed.hook("deploy/d", "[ $KVAGENT_VERSION != \(first) ]")
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(try await bed.json("status")["certificates"][0]["owedHooks"].array.isEmpty)
        }
    }

    @Test("An owed hook that can't be found for a while stays owed")
    func owedHookAway() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/r", "exit 75")
            try await bed.kvagent("sync", status: 0)
            try bed.hook("reload/r")
            #expect(unsafe chmod(bed.hooks.appending("reload/r").string, 0o775) == 0)
            try await bed.kvagent("sync", status: 1)
            let owed = try await bed.json("status")["certificates"][0]
            #expect(owed["state"].string == "degraded" && owed["owedHooks"].array.count == 1)
            #expect(unsafe chmod(bed.hooks.appending("reload/r").string, 0o755) == 0)
            bed.clearJournal()
            try await bed.kvagent("sync", status: 0)
            #expect(try bed.journalLines() == ["reload r web"])
        }
    }

    @Test("An owed hook whose file is gone is forgotten when the operator says so")
    func owedHookGone() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("reload/gone", "exit 75")
            try bed.hook("reload/r", "exit 75")
            try await bed.kvagent("sync", status: 0)
            removeTree(bed.hooks.appending("reload/gone"))
            let sync = try await bed.kvagent("sync", status: 1)
            #expect(sync.output.contains("put it back, or forget it: kvagent retry web"))
            let retry = try await bed.json("retry", "web")
            #expect(retry["forgottenHooks"] == .list([.text("reload/gone")]))
            let owed = try await bed.json("status")["certificates"][0]["owedHooks"].array
            #expect(owed.map { $0["name"].string } == ["reload/r"])
        }
    }

    @Test("Failure hooks are told of a version whose contents were refused, and are recorded")
    func refusedContents() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try bed.hook("failure/tell", "echo \"$KVAGENT_ERROR\"")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web", fault: .keyMissing)
            for _ in 0..<2 { try await bed.kvagent("sync", status: 1) }
            #expect(try bed.journalLines() == ["failure tell web"])
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "rejected")
            #expect(row["hooks"][0]["output"].string?.contains("private key") == true)
        }
    }

    @Test("With onFailure keep the new version stays, and the failure is told")
    func keep() async throws {
        try await withTestBed { bed in
            try await bed.observe(
                ["web"],
                extra: "hooks: {directory: \(bed.hooks), onFailure: keep}"
            )
            try bed.hook("reload/r", "exit 1")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") != nil)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "deployed")
            #expect(row["error"].string == "reload hook \"r\" exited with 1")
            let warning = try await bed.json("status")["certificates"][0]["warnings"][0].string
            #expect(warning?.contains("exited with 1") == true)
        }
    }

    @Test("A hook that calls kvagent is told at once that another kvagent is at work")
    func reentrant() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let output = bed.directory.appending("inner")
            try bed.hook(
                "reload/r",
                "\(TestBed.kvagent) sync --config \(bed.settingsFile) > \(output) 2>&1; echo \"exit $?\" >> \(output)"
            )
            try await bed.kvagent("sync", status: 0)
            let inner = try readText(output)
            #expect(inner.contains("another kvagent is at work"))
            #expect(inner.contains("exit 11"))
        }
    }

    @Test("A hook that kills the agent is run again by the next pass, and nothing is lost")
    func killsTheAgent() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let flag = bed.directory.appending("killed")
            try bed.hook(
                "deploy/d",
                "[ -e \(flag) ] || { touch \(flag); kill -KILL $PPID; sleep 20; }"
            )
            let first = try await bed.kvagent("sync")
            #expect(first.status != 0)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") != nil)
            #expect(try bed.journalLines() == ["deploy d web", "deploy d web"])
            #expect(try await bed.outcomes("web") == ["deployed", "interrupted"])
        }
    }

    @Test("A hook of the settings is tried again as often as they say before it counts as failed")
    func retries() async throws {
        try await withTestBed { bed in
            let count = bed.directory.appending("count")
            try writeFile(
                bed.directory.appending("hook"),
                "#!/bin/sh\necho $KVAGENT_ATTEMPT >> \(count)\n[ $KVAGENT_ATTEMPT = $1 ]\n",
                mode: 0o755
            )
            let command = bed.directory.appending("hook")
            try await bed.observe(
                ["web"],
                entries: "hooks: [{phase: deploy, run: [\(command), '3'], retries: 2}]"
            )
            try await bed.kvagent("sync", status: 0)
            #expect(try readText(count) == "1\n2\n3\n")
            let runs = try await bed.json("history", "web")[0]["hooks"].array
            #expect(runs.map { $0["exitCode"].int } == [1, 1, 0])

            try bed.writeSettings(
                ["web"],
                entries: "hooks: [{phase: check, run: [\(command), '3'], retries: 1}]"
            )
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(try await bed.outcomes("web") == ["rejected", "deployed"])
        }
    }

    @Test("Files that can't be hooks are skipped, and status says why")
    func skipped() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try writeFile(bed.hooks.appending("reload/not-executable"), "#!/bin/sh\n", mode: 0o644)
            try writeFile(bed.hooks.appending("reload/open"), "#!/bin/sh\n", mode: 0o777)
            try writeFile(bed.hooks.appending("reload/x.bak"), "#!/bin/sh\n", mode: 0o755)
            try await bed.kvagent("sync", status: 0)
            let warnings = try await bed.json("status")["agent"]["warnings"].array
                .compactMap(\.string)
            #expect(warnings.count == 3, "\(warnings)")
        }
    }

    @Test("What a hook prints of a private key, however disguised, stops no certificate")
    func printsKey() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try bed.hook(
                "certs/a/deploy/10-tell",
                "printf 'mine\\n-----BEGIN PRIVATE KEY-----\\314\\201\\nc2VjcmV0\\n'"
            )
            try await bed.kvagent("sync", status: 0)
            let run = try await bed.json("history", "a")[0]["hooks"][0]
            #expect(run["output"].string?.hasPrefix("mine\n") == true)
            #expect(run["output"].string?.contains("c2VjcmV0") == false)
            #expect(try await bed.outcomes("b") == ["deployed"])
        }
    }

    @Test("Hooks for a certificate that the settings don't have are told by the pass")
    func mistypedCertificate() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("certs/wbe/reload/x")
            let sync = try await bed.kvagent("sync", status: 0)
            let place = bed.hooks.appending("certs/wbe")
            #expect(sync.output.contains("warning: skip \(place): no certificate of this name"))
            let warnings = try await bed.json("status")["agent"]["warnings"].array
            #expect(warnings.first?.string?.contains("certs/wbe") == true)
        }
    }
}
