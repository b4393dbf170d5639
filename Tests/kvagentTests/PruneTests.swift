import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("kvagent prune")
struct PruneTests {
    @Test("A certificate that is removed from the settings stays, is told, and goes when asked")
    func lifeCycle() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            try await bed.observe(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let notAfter = try await bed.json("status")["certificates"][0]["current"]["notAfter"]
            #expect(try await bed.json("status")["orphans"].array.isEmpty)
            try await bed.observe(["api"])
            try await bed.kvagent("sync", status: 0)

            let directory = bed.certs.appending("web")
            let status = try await bed.json("status")
            #expect(status["orphans"].array.count == 1)
            let orphan = status["orphans"][0]
            #expect(orphan["name"].string == "web")
            #expect(orphan["directory"].string == directory.string)
            #expect(orphan["versions"].array.count == 2 && orphan["notAfter"] == notAfter)
            #expect(orphan["targets"].array.map { $0["kind"].string } == ["copy", "link"])
            let text = try await bed.kvagent("status", status: 0).output
            #expect(text.contains("note: web: no longer in the settings: \(directory) (2 versions"))
            let check = try await bed.kvagent("check", "--without-daemon", status: 0)
            #expect(check.output.contains("OK: web: no longer in the settings"), "\(check.output)")
            #expect(
                try await !bed.kvagent("check", "api", "--without-daemon", status: 0).output
                    .contains("web")
            )
            let metrics = try await bed.kvagent("metrics", status: 0).output
            #expect(metrics.contains("\nkvagent_orphans 1\n"))
            let page = try await bed.kvagent("report", "--output", "-", status: 0).output
            #expect(page.contains("web: no longer in the settings"))
            #expect(try await bed.areWhole("web", place))

            let paths = ["\(place)/web.key", "\(place)/web.pem", "\(directory)"]
            let rehearsal = try await bed.json("prune", "--dry-run")
            #expect(rehearsal["orphans"][0]["removed"].array.map(\.string) == paths)
            #expect(try await bed.areWhole("web", place))
            let prune = try await bed.kvagent("prune", "web", status: 0)
            #expect(prune.output == paths.map { "web: removed \($0)\n" }.joined())
            #expect(try names(in: place) == [] && names(in: bed.certs) == ["README", "api"])
            #expect(try await bed.json("status")["orphans"].array.isEmpty)
            #expect(try await bed.kvagent("prune", status: 0).output == "nothing is orphaned\n")
            #expect(try await bed.kvagent("prune", "web", status: 0).errors == "")
            #expect(try await bed.outcomes("web") == ["deployed", "deployed"])
        }
    }

    @Test("Where files lie, and the access that they have, is on record")
    func placement() async throws {
        try await withTestBed { bed in
            func placements() async throws -> String {
                let database = bed.state.appending("history.db").string
                let sql = "SELECT certificate, location, access FROM placement"
                return try await runCommand(["sqlite3", database, sql]).output
            }
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            #expect(try await placements() == "web|\(bed.certs)|0600 -:-\n")
            try bed.writeSettings(["web"], entries: "mode: \"0640\", group: root")
            try await bed.kvagent("sync", status: 0)
            #expect(try await placements() == "web|\(bed.certs)|0640 -:root\n")
            try await bed.observe(["api"])
            try await bed.kvagent("prune", status: 0)
            #expect(try await placements() == "")
        }
    }

    @Test("What is pruned and observed again is installed anew")
    func again() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            try await bed.observe(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            let version = bed.current("web")
            try await bed.observe(["api"])
            try await bed.kvagent("prune", status: 0)
            #expect(bed.current("web") == nil)
            try bed.writeSettings(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            #expect(bed.current("web") == version)
            #expect(try await bed.areWhole("web", place))
            let status = try await bed.json("status")
            #expect(status["certificates"][0]["state"].string == "current")
            #expect(status["orphans"].array.isEmpty)
        }
    }

    @Test("A target that no entry names goes, and its certificate stays")
    func targetAlone() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            try await bed.observe(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(
                ["web"],
                entries: "targets: [{path: \(place)/web.pem, file: fullchain.pem}]"
            )
            try await bed.kvagent("sync", status: 0)
            let orphan = try await bed.json("status")["orphans"][0]
            #expect(orphan["name"].string == "web" && orphan["directory"] == .null)
            #expect(orphan["targets"].array.map { $0["path"].string } == ["\(place)/web.key"])
            let prune = try await bed.kvagent("prune", "web", status: 0)
            #expect(prune.output == "web: removed \(place)/web.key\n")
            #expect(try names(in: place) == ["web.pem"])
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("A name that is in the settings is refused, and so is one that never was there")
    func refused() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let observed = try await bed.kvagent("prune", "web", status: 1)
            #expect(observed.errors.contains("\"web\" is in the settings"))
            #expect(observed.errors.contains("hint: to remove it, take its entry out"))
            let unknown = try await bed.kvagent("prune", "wbe", status: 1)
            #expect(unknown.errors.contains("no certificate \"wbe\" is orphaned"))
            #expect(try await bed.isWhole("web"))
        }
    }

    @Test("The earlier place is an orphan, and goes only once something is live in the new one")
    func moved() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            let link = "customSymbolicLinkName: webCert"
            try await bed.observe(["web"], entries: link)
            try await bed.kvagent("sync", status: 0)
            let (old, new) = (bed.certs.appending("web"), place.appending("web"))
            try bed.writeSettings(
                ["web"],
                entries: "\(link), certificateStoreLocation: \(place)"
            )
            for arguments in [["prune"], ["prune", "--dry-run"], ["prune", "web"]] {
                let prune = try await runCommand(
                    [TestBed.kvagent] + arguments + ["--config", bed.settingsFile.string]
                )
                #expect(prune.status == 1)
                #expect(prune.output.contains("nothing is live in \(new) yet"), "\(prune)")
                #expect(try await bed.isWhole("web"))
            }
            try await bed.kvagent("sync", status: 0)
            let orphan = try await bed.json("status")["orphans"][0]
            #expect(orphan["directory"].string == old.string)
            #expect(orphan["targets"].array.count == 1)
            try await bed.kvagent("prune", status: 0)
            #expect(try names(in: bed.certs) == ["README"])
            #expect(try names(in: place) == ["README", "web", "webCert"])
            #expect(facts(of: new.appending("current/cert.pem")) != nil)
        }
    }

    @Test("What a link of another entry still leads to goes once that entry has taken it over")
    func renamed() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            let link = "targets: [{path: \(place)/web.pem, file: fullchain.pem}]"
            try await bed.observe(["web", "api"])
            try bed.writeSettings(["web"], entries: link)
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["api"], entries: link)
            let prune = try await bed.kvagent("prune", status: 1)
            #expect(prune.output.contains("\(place)/web.pem still leads there"), "\(prune)")
            #expect(try await bed.isWhole("web"))
            try await bed.kvagent("sync", status: 0)
            try await bed.kvagent("prune", status: 0)
            #expect(try names(in: bed.certs) == ["README", "api"])
            let live = bed.certs.appending("api/current/fullchain.pem")
            #expect(try readText(place.appending("web.pem")) == readText(live))
        }
    }

    @Test("A place that only has another path is no orphan")
    func samePlace() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            let alias = bed.directory.appending("alias")
            try makeSymlink(alias, to: place.string)
            func entries(_ place: FilePath) -> String {
                "certificateStoreLocation: \(place)/certs, targets: [{path: \(place)/w, copy: true}]"
            }
            try await bed.observe(["web"], entries: entries(place))
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["web"], entries: entries(alias))
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.json("status")["orphans"].array.isEmpty)
            try await bed.kvagent("prune", status: 0)
            #expect(facts(of: place.appending("w")) != nil)
            #expect(facts(of: place.appending("certs/web/current/cert.pem")) != nil)
        }
    }

    @Test("Without its history an orphan in a store of today is found, by what lies there")
    func lostHistory() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            try await bed.observe(["api"])
            for name in try names(in: bed.state) where name.hasPrefix("history.db") {
                removeTree(bed.state.appending(name))
            }
            // Somebody's own, beside those of the agent.
            try writeFile(bed.certs.appending("mine/versions/1.0/file"), "mine")
            try await bed.kvagent("sync", status: 0)
            let orphans = try await bed.json("status")["orphans"]
            #expect(orphans.array.count == 1 && orphans[0]["name"].string == "web")
            #expect(orphans[0]["notAfter"].string != nil)
            try await bed.kvagent("prune", "web", status: 0)
            #expect(try names(in: bed.certs) == ["README", "api", "mine"])
        }
    }
}
