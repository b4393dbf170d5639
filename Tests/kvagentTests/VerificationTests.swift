import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Live verification, end to end")
struct VerificationTests {
    /// A version of "web" is live, and an nginx serves it that only `reload/nginx` reloads.
    private func serve(
        _ bed: TestBed,
        _ names: [String] = ["web"],
        extra: String = "",
        timeout: Int = 2
    ) async throws -> Nginx {
        try await bed.observe(names)
        try await bed.kvagent("sync", status: 0)
        let live = bed.certs.appending("web/current")
        let nginx = try Nginx(
            locations: "",
            files: (live.appending("fullchain.pem").string, live.appending("privkey.pem").string)
        )
        #expect(await waitUntil { facts(of: .init(nginx.pidFile)) != nil })
        try bed.writeSettings(
            names,
            extra: extra,
            entries: "verify: {connect: \"127.0.0.1:\(nginx.port)\", timeout: \(timeout)s}"
        )
        return nginx
    }

    private func reloading(_ nginx: Nginx) -> String { "kill -HUP $(cat \(nginx.pidFile))" }

    @Test("A certificate that is served after the reload stays, and the history has the look")
    func served() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed, timeout: 20)
            try bed.hook("reload/nginx", reloading(nginx))
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == new)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "deployed")
            let look = try #require(row["hooks"].array.last)
            #expect(look["phase"].string == "verify")
            #expect(look["name"].string == "verify:127.0.0.1:\(nginx.port)")
            #expect(look["exitCode"].int == 0)
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "current")
        }
    }

    @Test("A server that goes on serving the old version brings it back, and the reason says so")
    func notReloaded() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed)
            try bed.hook("failure/tell")
            let old = try #require(bed.current("web"))
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == old)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "rolledBack")
            let reason = row["error"].string ?? ""
            #expect(reason.hasPrefix("127.0.0.1:\(nginx.port) serves version \(old), thumbprint "))
            #expect(reason.contains(", not version \(new), thumbprint "))
            // The second look is at what came back.
            #expect(row["hooks"].array.map { $0["exitCode"].int } == [1, 0, 0])
            #expect(
                row["hooks"].array.map { $0["phase"].string } == ["verify", "verify", "failure"]
            )
            #expect(try bed.journalLines() == ["failure tell web"])
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "rejected")
        }
    }

    @Test("Only who isn't served goes back; its reload hooks run again")
    func onlyOne() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed, ["web", "other"])
            // Serves "web" alone, so "other" is never seen there.
            try bed.hook("reload/nginx", reloading(nginx))
            let old = bed.current("other")
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "other")
            bed.clearJournal()
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == new)
            #expect(bed.current("other") == old)
            #expect(try bed.journalLines() == ["reload nginx web other", "reload nginx other"])
            let row = try await bed.json("history", "other")[0]
            #expect(row["error"].string?.contains("of certificate \"web\"") == true)
            #expect(row["error"].string?.contains("; on the way back ") == true)
            // What is live isn't served, either: that stays to be done.
            let status = try await bed.json("status")["certificates"][1]
            #expect(status["state"].string == "degraded")
            #expect(
                status["owedHooks"][0]["name"].string == "verify:127.0.0.1:\(nginx.port)"
            )
        }
    }

    @Test("With keep the version stays, and the exit status says that it isn't served")
    func keep() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed, extra: "hooks: {onFailure: keep}")
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == new)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "deployed")
            let error = row["error"].string ?? ""
            #expect(error.hasPrefix("127.0.0.1:\(nginx.port) serves version"))
        }
    }

    @Test("With retry the look is owed, and made again at each pass until it succeeds")
    func retry() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(
                bed,
                extra: "hooks: {directory: \(bed.hooks), onFailure: retry}"
            )
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == new)
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "degraded")
            try await bed.kvagent("sync", status: 1)
            _ = try await bed.shell(reloading(nginx))
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "current")
        }
    }

    @Test("Where a reload hook said later, the look follows it")
    func later() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed, timeout: 20)
            try bed.hook("reload/nginx", "exit 75")
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == new)
            try bed.hook("reload/nginx", reloading(nginx))
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.json("status")["certificates"][0]["owedHooks"].array.isEmpty)
            let hooks = try await bed.json("history", "web")[0]["hooks"].array
            #expect(hooks.map { $0["phase"].string } == ["reload", "reload", "verify"])
        }
    }

    @Test("A first version stays where no server listens yet, and goes where one serves another")
    func first() async throws {
        try await withTestBed { bed in
            let port = try ListeningSocket.closedPort()
            try await bed.observe(
                ["web"],
                entries: "verify: {connect: \"127.0.0.1:\(port)\", timeout: 1s}"
            )
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") != nil)
            let hooks = try await bed.json("history", "web")[0]["hooks"].array
            #expect(hooks.map { $0["exitCode"].int } == [75])

            let nginx = try Nginx(locations: "")
            try await bed.observe(
                ["api"],
                entries: "verify: {connect: \"127.0.0.1:\(nginx.port)\", timeout: 1s}"
            )
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("api") == nil)
            let error = try await bed.json("history", "api")[0]["error"].string
            #expect(error?.contains("serves an unknown certificate (CN=server)") == true)
        }
    }

    @Test("A crash on the way back is finished, with the reason of the look")
    func crashOnTheWayBack() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed)
            let old = try #require(bed.current("web"))
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            let marker = bed.directory.appending("killed")
            try bed.hook(
                "deploy/kill",
                """
                [ "$KVAGENT_VERSION" != \(old) ] || [ -e \(marker) ] ||
                    { touch \(marker); kill -9 $PPID; sleep 5; }
                """
            )
            #expect(try await bed.kvagent("sync").status == 128 + 9)
            #expect(bed.current("web") == old)
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == old)
            let row = try await bed.json("history", "web")[0]
            #expect(row["outcome"].string == "rolledBack")
            #expect(row["error"].string?.hasPrefix("127.0.0.1:\(nginx.port) serves") == true)
            #expect(
                row["error"].string?.hasSuffix("the agent ended before this was finished") == true
            )
            // What came back has been looked at since.
            #expect(try await bed.json("status")["certificates"][0]["owedHooks"].array.isEmpty)
            let verified = try await bed.json("history", "web")[1]["hooks"].array.last
            #expect(verified?["phase"].string == "verify" && verified?["exitCode"].int == 0)
        }
    }

    @Test("A rollback is verified, too, and a failed one leaves no pin")
    func rollback() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed)
            let old = try #require(bed.current("web"))
            try bed.hook("reload/nginx", reloading(nginx))
            let new = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try bed.hook("reload/nginx", "exit 0")
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(bed.current("web") == new)
            #expect(try await bed.json("status")["certificates"][0]["pin"] == .null)
            try bed.hook("reload/nginx", reloading(nginx))
            // A version that a rollback has found bad is not the last good one by itself.
            try await bed.kvagent("rollback", "web", "--to", old, status: 0)
            #expect(bed.current("web") == old)
        }
    }

    @Test("A crash between the look and going back does not leave the version live")
    func crash() async throws {
        try await withTestBed { bed in
            let nginx = try await serve(bed, timeout: 20)
            let old = try #require(bed.current("web"))
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            // Killed during the look: it is made again, and now decides.
            _ = try await bed.shell(
                """
                $0 sync --config $1 & process=$!
                while [ "$(basename "$(readlink \(bed.certs)/web/current)")" = \(old) ]; do sleep 0.01; done
                kill -KILL $process
                """
            )
            #expect(bed.current("web") != old)
            try bed.writeSettings(
                ["web"],
                entries: "verify: {connect: \"127.0.0.1:\(nginx.port)\", timeout: 1s}"
            )
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == old)
            #expect(try await bed.outcomes("web").prefix(2) == ["rolledBack", "interrupted"])
        }
    }
}
