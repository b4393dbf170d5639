import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("Drift")
struct DriftTests {
    /// What somebody does to what is live.
    enum Change: String, CaseIterable, Sendable {
        case contents, removed, mode, link, copy, copyMode

        /// The words of the history, and whether hooks run when it is put right.
        var facts: (words: String, runsHooks: Bool) {
            switch self {
            case .contents: ("cert.pem was changed", true)
            case .removed: ("privkey.pem is gone", true)
            case .mode: ("privkey.pem has mode 0644, not 0600", false)
            case .link: ("web.pem is gone or leads elsewhere", false)
            case .copy: ("web.key was changed", true)
            case .copyMode: ("web.key has another owner, mode or ACL", false)
            }
        }

        func make(in live: FilePath, _ place: FilePath) throws {
            switch self {
            case .contents: try writeFile(live.appending("cert.pem"), "mine")
            case .removed: removeTree(live.appending("privkey.pem"))
            case .mode: try #require(unsafe chmod(live.appending("privkey.pem").string, 0o644) == 0)
            case .link:
                removeTree(place.appending("web.pem"))
                try makeSymlink(place.appending("web.pem"), to: "/dev/null")
            case .copy: try writeFile(place.appending("web.key"), "mine")
            case .copyMode:
                try #require(unsafe chmod(place.appending("web.key").string, 0o644) == 0)
            }
        }
    }

    private func prepare(_ bed: TestBed, policy: String) async throws -> FilePath {
        let place = bed.directory.appending("server")
        try #require(unsafe mkdir(place.string, 0o755) == 0)
        let targets =
            "targets: [{path: \(place)/web.pem}, {path: \(place)/web.key, file: privkey.pem, copy: true}]"
        try await bed.observe(["web"], entries: "\(targets), policy: {drift: \(policy)}")
        try bed.hook("reload/r")
        try await bed.kvagent("sync", status: 0)
        bed.clearJournal()
        return place
    }

    private func live(_ bed: TestBed) -> FilePath {
        bed.certs.appending("web").appending("current")
    }

    private func snapshot(_ bed: TestBed, _ place: FilePath) async throws -> String {
        let paths = [bed.certs.appending("web").string, place.string]
        let facts = try await runCommand(["find"] + paths + ["-printf", "%p %m %u %g %s %l\n"])
        let lines = facts.output.split(separator: "\n").filter { !$0.contains("/.replaced-") }
        return lines.sorted().joined(separator: "\n")
    }

    @Test(
        "It is put right, is a row, and hooks run where somebody may have read it",
        arguments: Change.allCases
    )
    func healed(_ change: Change) async throws {
        try await withTestBed { bed in
            let place = try await prepare(bed, policy: "heal")
            let before = try await snapshot(bed, place)
            try change.make(in: live(bed), place)
            try await bed.kvagent("sync", status: 0)
            #expect(try await snapshot(bed, place) == before)
            #expect(try await bed.isWhole("web"))
            let rows = try await bed.json("history", "web").array
            #expect(rows.count == 2)
            #expect(rows[0]["trigger"].string == "drift" && rows[0]["outcome"].string == "deployed")
            #expect(rows[0]["reason"].string?.contains(change.facts.words) == true, "\(rows[0])")
            #expect(try bed.journalLines().count == (change.facts.runsHooks ? 1 : 0))
            try await bed.kvagent("sync", status: 0)
            #expect(try await bed.json("history", "web").array.count == 2)
        }
    }

    @Test(
        "With `warn` it is said once and left, with `ignore` not said",
        arguments: Change.allCases
    )
    func left(_ change: Change) async throws {
        try await withTestBed { bed in
            let place = try await prepare(bed, policy: "warn")
            try change.make(in: live(bed), place)
            let changed = try await snapshot(bed, place)
            for _ in 0..<2 { try await bed.kvagent("sync", status: 0) }
            #expect(try await snapshot(bed, place) == changed)
            let rows = try await bed.json("history", "web").array
            #expect(rows.count == 2)
            #expect(rows[0]["trigger"].string == "drift" && rows[0]["outcome"].string == "held")
            #expect(rows[0]["reason"].string?.contains(change.facts.words) == true, "\(rows[0])")
            let status = try await bed.kvagent("status", status: 0).output
            #expect(status.contains(change.facts.words), "\(status)")
            #expect(try bed.journalLines().isEmpty)
            let text = try readText(bed.settingsFile)
            try writeFile(bed.settingsFile, text.replacing("drift: warn", with: "drift: ignore"))
            try await bed.kvagent("sync", status: 0)
            #expect(try await snapshot(bed, place) == changed)
            #expect(try await bed.json("history", "web").array.count == 2)
        }
    }

    @Test("What is live is put right although the newest version was refused, or the vault is away")
    func beside() async throws {
        try await withTestBed { bed in
            let place = try await prepare(bed, policy: "heal")
            let first = bed.current("web")
            try bed.hook("deploy/d", "test \"$KVAGENT_VERSION\" = \(first ?? "")")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(bed.current("web") == first)
            let before = try await snapshot(bed, place)
            try Change.contents.make(in: live(bed), place)
            try Change.mode.make(in: live(bed), place)
            try await bed.kvagent("sync")
            #expect(try await snapshot(bed, place) == before)
            await bed.emulator.stop()
            try Change.mode.make(in: live(bed), place)
            try Change.copy.make(in: live(bed), place)
            try await bed.kvagent("sync")
            #expect(try await snapshot(bed, place) == before)
        }
    }

    @Test("What the settings change is done whatever the policy, and is no drift")
    func settingsChanged() async throws {
        try await withTestBed { bed in
            _ = try await prepare(bed, policy: "ignore")
            let text = try readText(bed.settingsFile)
            try writeFile(
                bed.settingsFile,
                text.replacing("policy:", with: "mode: \"0640\", formats: [der], policy:")
            )
            try await bed.kvagent("sync", status: 0)
            #expect(mode(of: live(bed).appending("privkey.pem")) == 0o640)
            #expect(mode(of: live(bed).appending("privkey.der")) == 0o640)
            #expect(try await bed.json("history", "web").array.count == 1)
        }
    }
}
