import KeyVaultEmulator
import TestSupport
import Testing

@Suite("What the policy holds until a person approves it")
struct ApprovalTests {
    @Test("A version that lacks a name is held, said to the failure hooks once, and approved")
    func approved() async throws {
        try await withWeb { bed in
            try bed.hook("failure/tell", "echo \"$KVAGENT_ERROR\"")
            try bed.hook("reload/r")
            let live = bed.current("web")
            let version = try await bed.publish(.fewerNames)
            for _ in 0..<2 {
                let report = try await bed.json("sync")["certificates"][0]
                #expect(report["result"].string == "held")
                #expect(report["reason"].string == TestBed.lostName)
            }
            #expect(bed.current("web") == live)
            #expect(try await bed.outcomes("web") == ["held", "deployed"])
            #expect(try bed.journalLines() == ["failure tell web"])
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "held" && status["reason"].string == TestBed.lostName)
            let check = try await bed.kvagent("check", "--without-daemon", status: 1)
            #expect(check.output.contains("is held: \(TestBed.lostName)"))
            let shown = try await bed.kvagent("show", "web", status: 0).output
            #expect(shown.contains(TestBed.lostName) && shown.contains("  held  "))

            bed.clearJournal()
            let answer = try await bed.json("approve", "web", "--reason", "nobody calls it")
            #expect(answer["certificates"][0]["result"].string == "deployed")
            #expect(bed.current("web") == version)
            #expect(try bed.journalLines() == ["reload r web"])
            let row = try await bed.json("history", "web")[0]
            let actor = try #require(row["actor"].string)
            #expect(row["outcome"].string == "deployed" && row["trigger"].string == "sync")
            #expect(row["reason"].string == "approved by \(actor): nobody calls it")
            let current = try await bed.json("status")["certificates"][0]["current"]
            for approval in [
                current["approval"], try await bed.json("show", "web")["shown"]["approval"],
                try await bed.json("show", "web")["versions"][0]["approval"],
            ] {
                #expect(approval["actor"].string == actor)
                #expect(approval["reason"].string == "nobody calls it")
                #expect(approval["at"].string?.hasSuffix("Z") == true)
            }
            let text = try await bed.kvagent("show", "web", status: 0).output
            #expect(text.contains("  approved    by \(actor) on "))
            let notes = try await bed.kvagent("status", status: 0).output
            #expect(notes.contains("was approved by \(actor) on "))
            let page = try await bed.kvagent("report", "--output", "-", status: 0).output
            #expect(page.contains("Approvals") && page.contains("nobody calls it"))
            let ledger = try await bed.kvagent("history", "export", status: 0).output
            #expect(
                ledger.contains(#""type":"approval""#) || ledger.contains(#""type" : "approval""#)
            )
            try await bed.kvagent("history", "--verify", status: 0)

            // The next version is compared with this one.
            let next = try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == next)
        }
    }

    @Test("An approval is of one version alone")
    func oneVersion() async throws {
        try await withWeb { bed in
            let live = bed.current("web")
            let first = try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            let second = try await bed.publish(.fewerNames)
            let other = try await bed.kvagent("approve", "web", "--version", first, status: 1)
            #expect(other.errors.contains("is not the one that the vault offers"))
            #expect(other.errors.contains(second))
            // Nobody has seen it yet.
            let unseen = try await bed.kvagent("approve", "web", status: 1)
            #expect(unseen.errors.contains("held for what nobody was told yet: sanLoss: "))
            #expect(bed.current("web") == live)
            #expect(try await bed.outcomes("web") == ["held", "held", "deployed"])
            try await bed.kvagent("approve", "web", status: 0)
            #expect(bed.current("web") == second)
        }
    }

    @Test("Who names the version approves it at once")
    func named() async throws {
        try await withWeb { bed in
            let version = try await bed.publish(.fewerNames)
            try await bed.kvagent(
                "approve",
                "web",
                "--version",
                String(version.prefix(8)),
                status: 0
            )
            #expect(bed.current("web") == version)
        }
    }

    @Test("Approval outvotes neither a pin nor a hook nor a refusal, and says how it stands")
    func notOutvoted() async throws {
        try await withWeb { bed in
            let live = try #require(bed.current("web"))
            let nothing = try await bed.kvagent("approve", "web", status: 1)
            #expect(
                nothing.errors.contains("nothing of web is held: its newest version \(live) is")
            )

            let version = try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("pin", "web", status: 0)
            let pinned = try await bed.kvagent("approve", "web", status: 1)
            #expect(pinned.errors.contains("kvagent unpin web comes first"))
            try await bed.kvagent("unpin", "web", status: 0)

            try bed.hook("check/c", "exit 1")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("approve", "web", status: 1)
            #expect(bed.current("web") == live)
            #expect(try await bed.outcomes("web").first == "rejected")
            let rejected = try await bed.kvagent("approve", "web", status: 1)
            #expect(rejected.errors.contains("version \(version) of web is rejected, not held"))
            #expect(rejected.errors.contains("kvagent retry web"))

            // It stays approved: once the hook is mended, a retry is enough.
            try bed.hook("check/c", "exit 75")
            try await bed.kvagent("retry", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            try bed.hook("check/c")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == version)
        }
    }

    @Test("An approved version that a reload hook finds bad goes back")
    func wentBack() async throws {
        try await withWeb { bed in
            let live = try #require(bed.current("web"))
            let version = try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            try bed.hook("reload/r", "case $KVAGENT_VERSION in \(version)) exit 1;; esac")
            let answer = try await bed.kvagent("approve", "web", status: 1)
            #expect(answer.output.contains("rolledBack"))
            #expect(bed.current("web") == live)
            #expect(try await bed.outcomes("web") == ["rolledBack", "held", "deployed"])
        }
    }

    @Test("A vault that is away leaves a held version held")
    func vaultAway() async throws {
        try await withWeb { bed in
            try await bed.publish(.fewerNames)
            try await bed.kvagent("sync", status: 0)
            await bed.emulator.setFault(Fault(.garbage, on: .identity))
            try await bed.kvagent("approve", "web", status: 69)
            await bed.emulator.clearFaults()
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.json("status")["certificates"][0]["state"].string == "held")
        }
    }

    @Test("A number of steps is no version to approve")
    func usage() async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"])
            try await bed.kvagent("approve", "web", "--version=-1", status: 64)
        }
    }
}
