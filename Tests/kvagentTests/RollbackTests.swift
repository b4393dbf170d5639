import Foundation
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Rollback, pins, retry")
struct RollbackTests {
    /// Two versions deployed, oldest first.
    private func twoVersions(_ bed: TestBed) async throws -> (String, String) {
        try await bed.observe(["web"])
        try await bed.kvagent("sync", status: 0)
        let first = try #require(bed.current("web"))
        let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
        try await bed.kvagent("sync", status: 0)
        return (first, second)
    }

    @Test("A rollback stays rolled back: new versions are recorded, unpin lets the newest in")
    func staysRolledBack() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try bed.hook("reload/r")
            try await bed.kvagent("rollback", "web", "--reason", "clients broke", status: 0)
            #expect(bed.current("web") == first)
            #expect(try bed.journalLines() == ["reload r web"])
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == first)

            let third = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            for answer in [try await bed.json("sync", "--dry-run"), try await bed.json("sync")] {
                let report = answer["certificates"][0]
                #expect(report["result"].string == "held" && report["version"].string == third)
                #expect(report["reason"].string?.hasPrefix("pinned to \(first)") == true)
            }
            #expect(bed.current("web") == first)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["state"].string == "pinned")
            #expect(status["latest"].string == third)
            #expect(status["pin"]["version"].string == first)
            #expect(status["pin"]["reason"].string == "clients broke")
            let rows = try await bed.json("history", "web").array
            #expect(rows[0]["version"].string == third && rows[0]["outcome"].string == "held")
            #expect(rows[0]["thumbprint"].string != nil)
            #expect(rows[0]["reason"].string?.hasPrefix("pinned to \(first)") == true)
            #expect(rows[1]["trigger"].string == "rollback")
            #expect(rows[1]["previousVersion"].string == second)

            try await bed.kvagent("unpin", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == third)
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("A held version is one row, however often it is polled")
    func heldOnce() async throws {
        try await withTestBed { bed in
            _ = try await twoVersions(bed)
            try await bed.kvagent("pin", "web", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            for _ in 0..<3 { try await bed.kvagent("sync", status: 0) }
            #expect(try await bed.outcomes("web") == ["held", "deployed", "deployed"])
        }
    }

    @Test("The target may be a version's beginning, a thumbprint or a number of steps")
    func targets() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try await bed.kvagent("rollback", "web", "--to", String(first.prefix(8)), status: 0)
            #expect(bed.current("web") == first)
            let thumbprint = try #require(
                try await bed.json("show", "web")["versions"].array
                    .first { $0["version"].string == second }?["thumbprint"].string
            )
            try await bed.kvagent("rollback", "web", "--to", thumbprint.lowercased(), status: 0)
            #expect(bed.current("web") == second)
            try await bed.kvagent("rollback", "web", "--to", "-1", status: 0)
            #expect(bed.current("web") == first)
            try await bed.kvagent("rollback", "web", "--to", first, status: 1)
            try await bed.kvagent("rollback", "web", "--to", "nonsense", status: 64)
            try await bed.kvagent("rollback", "other", status: 1)
        }
    }

    @Test("Files that are gone or altered come from the vault again")
    func refetch() async throws {
        try await withTestBed { bed in
            let (first, _) = try await twoVersions(bed)
            let old = bed.certs.appending("web/versions/\(first)")
            try writeFile(old.appending("fullchain.pem"), "altered")
            let plan = try await bed.json("rollback", "web", "--dry-run")
            #expect(plan["fetched"] == .flag(true) && plan["version"].string == first)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == first)
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("A rollback whose hook fails is itself undone, and leaves no pin")
    func undone() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try bed.hook("deploy/no", "[ $KVAGENT_VERSION != \(first) ]")
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(bed.current("web") == second)
            #expect(try await bed.json("status")["certificates"][0]["pin"] == .null)
            #expect(try await bed.outcomes("web").first == "rolledBack")
        }
    }

    @Test("A second rollback goes further back, not forward again")
    func twice() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == second)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == first)
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(bed.current("web") == first)
        }
    }

    @Test("A version that a rollback found bad is no last good one, also where it was the first")
    func refusedFirst() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try bed.hook("check/no", "[ $KVAGENT_VERSION != \(first) ]")
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(try await bed.outcomes("web").first == "rejected")
            removeTree(bed.hooks)
            try await bed.kvagent("rollback", "web", status: 1)
            #expect(bed.current("web") == second)
            try await bed.kvagent("rollback", "web", "--to", first, status: 0)
            #expect(bed.current("web") == first)
        }
    }

    @Test("A rehearsal of a rollback changes nothing")
    func dryRun() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            try bed.hook("reload/r")
            let plan = try await bed.json("rollback", "web", "--dry-run")
            #expect(plan["version"].string == first && plan["fetched"] == .flag(false))
            #expect(plan["hooks"][0].string == "reload/r")
            #expect(bed.current("web") == second)
            #expect(try await bed.outcomes("web") == ["deployed", "deployed"])
        }
    }

    @Test("Going back to an expired version wants --force")
    func expired() async throws {
        try await withTestBed { bed in
            var options = TestBed.options("web.example")
            options.notBefore = Date(timeIntervalSinceNow: -86_400)
            options.notAfter = Date(timeIntervalSinceNow: -3600)
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "web",
                options
            )
            try bed.writeSettings(["web"], extra: "policy: {expired: allow}")
            try await bed.kvagent("sync", status: 0)
            let first = try #require(bed.current("web"))
            options = TestBed.options("web.example")
            try await bed.emulator.createCertificate(
                vault: TestBed.vault,
                name: "web",
                options
            )
            try await bed.kvagent("sync", status: 0)
            let refused = try await bed.kvagent("rollback", "web", status: 1)
            #expect(refused.errors.contains("--force"), "\(refused.errors)")
            try await bed.kvagent("rollback", "web", "--force", status: 0)
            #expect(bed.current("web") == first)
        }
    }

    @Test("Without a pin what was live is refused, and the next newer version comes by itself")
    func noPin() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            let answer = try await bed.json("rollback", "web", "--no-pin", "--reason", "too new")
            #expect(answer["outcome"].string == "deployed")
            #expect(bed.current("web") == first)
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == first)
            let status = try await bed.json("status")["certificates"][0]
            #expect(status["pin"] == .null && status["state"].string == "rejected")
            #expect(status["refusal"]["reason"].string == "too new")
            let row = try await bed.json("history", "web")[0]
            #expect(row["version"].string == second && row["outcome"].string == "rolledBack")

            let third = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == third)
            // Nobody wants to go back to what was refused.
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(bed.current("web") == first)
            try await bed.kvagent("unpin", "web", status: 0)
            try await bed.kvagent("rollback", "web", "--to", second, "--no-pin", status: 0)
            #expect(bed.current("web") == second)
        }
    }

    @Test("The pin of a rollback may have an end")
    func rollbackPinnedUntil() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            let end = Date(timeIntervalSinceNow: 4).formatted(.iso8601)
            try await bed.kvagent("rollback", "web", "--pin-until", end, status: 0)
            let pin = try await bed.json("status")["certificates"][0]["pin"]
            #expect(pin["until"].string == end && pin["version"].string == first)
            let letGo = await waitUntil {
                _ = try? await bed.kvagent("sync")
                return bed.current("web") == second
            }
            #expect(letGo)
            for arguments in [
                ["--no-pin", "--pin-until", "2999-01-01"], ["--pin-until", "2001-01-01"],
            ] {
                let result = try await bed.shell(
                    "$0 rollback web \(arguments.joined(separator: " ")) --config $1"
                )
                #expect(result.status == 64, "\(arguments): \(result.errors)")
            }
        }
    }

    @Test("All that one pass has changed goes back as one batch")
    func batch() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b", "c"])
            try await bed.kvagent("sync", status: 0)
            let old = ["a", "b", "c"].map { bed.current($0) }
            for name in ["a", "b"] {
                try await bed.emulator.rotate(vault: TestBed.vault, name: name)
            }
            try await bed.kvagent("sync", status: 0)
            let run = try #require(try await bed.json("history", "a")[0]["runId"].string)
            let first = try #require(try await bed.json("history", "c")[0]["runId"].string)
            try bed.hook("reload/r")

            let plan = try await bed.json("rollback", "--batch", run, "--dry-run")
            #expect(plan["batch"].string == run)
            #expect(plan["rollbacks"].array.map { $0["certificate"].string } == ["a", "b"])
            #expect(bed.current("a") != old[0])

            try await bed.kvagent("rollback", "--batch", run, status: 0)
            #expect(["a", "b", "c"].map { bed.current($0) } == old)
            #expect(try bed.journalLines() == ["reload r a b"])
            let pins = try await bed.json("status")["certificates"].array.map { $0["pin"] == .null }
            #expect(pins == [false, false, true])

            // Twice is too often, the first versions have none before them, and no such pass was.
            for id in [run, first, "20010101T000000Z"] {
                let again = try await bed.kvagent("rollback", "--batch", id, status: 1)
                #expect(again.errors.contains(id), "\(again.errors)")
            }
            try await bed.kvagent("rollback", "--batch", "2", status: 64)
            try await bed.kvagent("rollback", "a", "--batch", run, status: 64)
            try await bed.kvagent("rollback", status: 64)
        }
    }

    @Test("A batch goes back but for what has changed since")
    func batchSince() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try await bed.kvagent("sync", status: 0)
            let old = bed.current("a")
            for name in ["a", "b"] {
                try await bed.emulator.rotate(vault: TestBed.vault, name: name)
            }
            try await bed.kvagent("sync", status: 0)
            let run = try #require(try await bed.json("history", "a")[0]["runId"].string)
            let newest = try await bed.emulator.rotate(vault: TestBed.vault, name: "b")
            try await bed.kvagent("sync", status: 0)
            let answer = try await bed.json("rollback", "--batch", run)
            #expect(answer["skipped"][0]["certificate"].string == "b")
            #expect(answer["skipped"][0]["reason"].string?.contains("not live any more") == true)
            #expect(bed.current("a") == old && bed.current("b") == newest)
        }
    }

    @Test("A certificate whose files a pass has only mended doesn't go back with the batch")
    func batchWithMended() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a", "b"])
            try await bed.kvagent("sync", status: 0)
            let (old, mended) = (bed.current("a"), bed.current("b"))
            try await bed.emulator.rotate(vault: TestBed.vault, name: "a")
            try writeFile(bed.certs.appending("b/current/fullchain.pem"), "altered")
            try await bed.kvagent("sync", status: 0)
            let run = try #require(try await bed.json("history", "b")[0]["runId"].string)
            try await bed.kvagent("rollback", "--batch", run, status: 0)
            #expect(bed.current("a") == old && bed.current("b") == mended)
            #expect(try await bed.json("status")["certificates"][1]["pin"] == .null)
        }
    }

    @Test("Files that are neither on disk nor in the vault: the rehearsal says so, too")
    func disabledInTheVault() async throws {
        try await withTestBed { bed in
            let (first, second) = try await twoVersions(bed)
            removeTree(bed.certs.appending("web/versions/\(first)"))
            try await bed.emulator.setEnabled(
                false,
                vault: TestBed.vault,
                name: "web",
                version: first
            )
            for arguments in [["--dry-run"], []] {
                let result = try await bed.shell(
                    "$0 rollback web \(arguments.joined(separator: " ")) --config $1"
                )
                #expect(result.status != 0)
                #expect(result.errors.contains("disabled"), "\(result.errors)")
            }
            try await bed.emulator.delete(vault: TestBed.vault, name: "web")
            let result = try await bed.kvagent("rollback", "web", status: 1)
            #expect(result.errors.contains("deleted or purged"), "\(result.errors)")
            #expect(bed.current("web") == second)
            #expect(try await bed.json("status")["certificates"][0]["pin"] == .null)
        }
    }

    @Test("There is nothing to unpin, to roll back to or to pin: each is told and exits with 1")
    func nothing() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("pin", "web", status: 1)
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("unpin", "web", status: 1)
            try await bed.kvagent("rollback", "web", status: 1)
            try await bed.kvagent("retry", "web", status: 0)
        }
    }

    @Test("A pin with an end lets go by itself")
    func pinUntil() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let first = bed.current("web")
            let end = Date(timeIntervalSinceNow: 3).formatted(.iso8601)
            try await bed.kvagent("pin", "web", "--until", end, status: 0)
            let second = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == first || bed.current("web") == second)
            let letGo = await waitUntil {
                _ = try? await bed.kvagent("sync")
                return bed.current("web") == second
            }
            #expect(letGo)
            try await bed.kvagent("pin", "web", "--until", "2001-01-01", status: 64)
        }
    }
}
