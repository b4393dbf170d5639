import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("Targets")
struct TargetTests {
    /// A directory of a server's.
    private func place(_ bed: TestBed) throws -> FilePath {
        let place = bed.directory.appending("server")
        try #require(unsafe mkdir(place.string, 0o755) == 0)
        return place
    }

    private func targets(_ place: FilePath) -> String {
        "targets: [{path: \(place)/web.pem, file: fullchain.pem}, "
            + "{path: \(place)/web.key, file: privkey.pem, copy: true, mode: \"0640\"}, "
            + "{path: \(place)/web.both, copy: true}]"
    }

    /// Whether copies and links are of what is live.
    private func isSame(_ bed: TestBed, _ place: FilePath) throws -> Bool {
        let live = bed.certs.appending("web").appending("current")
        return try [
            ("web.pem", "fullchain.pem"), ("web.key", "privkey.pem"), ("web.both", "bundle.pem"),
        ].allSatisfy { target, file in
            try readText(place.appending(target)) == readText(live.appending(file))
        }
    }

    @Test("Links and copies are of what is live, before the hooks run, and after a rollback too")
    func rotation() async throws {
        try await withTestBed { bed in
            let place = try place(bed)
            try await bed.observe(["web"], entries: targets(place))
            try bed.hook("deploy/h", "cmp \(place)/web.key \"$KVAGENT_PRIVKEY\"")
            try await bed.kvagent("sync", status: 0)
            #expect(try isSame(bed, place))
            #expect(mode(of: place.appending("web.key")) == 0o640)
            #expect(mode(of: place.appending("web.both")) == 0o600)
            let first = bed.current("web")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            #expect(try isSame(bed, place) && bed.current("web") != first)
            try await bed.kvagent("rollback", "web", status: 0)
            #expect(try isSame(bed, place) && bed.current("web") == first)
            #expect(try names(in: place) == ["web.both", "web.key", "web.pem"])
        }
    }

    @Test("A version that goes back takes links and copies with it")
    func goingBack() async throws {
        try await withTestBed { bed in
            let place = try place(bed)
            try await bed.observe(["web"], entries: targets(place))
            try await bed.kvagent("sync", status: 0)
            let first = bed.current("web")
            try bed.hook("deploy/h", "test \"$KVAGENT_VERSION\" = \(first ?? "")")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 1)
            #expect(try isSame(bed, place) && bed.current("web") == first)
            #expect(try names(in: place) == ["web.both", "web.key", "web.pem"])
        }
    }

    @Test("A copy that can't be put in its place lets nothing switch")
    func allOrNothing() async throws {
        try await withTestBed { bed in
            let place = try place(bed)
            try await bed.observe(["web"], entries: targets(place))
            try await bed.kvagent("sync", status: 0)
            let first = bed.current("web")
            let before = try readText(place.appending("web.key"))
            removeTree(place.appending("web.both"))
            try #require(unsafe mkdir(place.appending("web.both").string, 0o755) == 0)
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            let sync = try await bed.kvagent("sync", status: 1)
            #expect(sync.output.contains("\(place)/web.both"), "\(sync)")
            #expect(sync.output.contains("move it away"), "\(sync)")
            #expect(bed.current("web") == first)
            #expect(try readText(place.appending("web.key")) == before)
            #expect(try await bed.outcomes("web") == ["failed", "deployed"])
        }
    }

    @Test("What somebody else has put in a place is left alone, and named")
    func foreign() async throws {
        try await withTestBed { bed in
            let place = try place(bed)
            try await bed.observe(["web"], entries: targets(place))
            try writeFile(place.appending("web.key"), "mine")
            let sync = try await bed.kvagent("sync", status: 1)
            #expect(sync.output.contains("\(place)/web.key"), "\(sync)")
            #expect(try readText(place.appending("web.key")) == "mine")
            #expect(bed.current("web") == nil)
            removeTree(place.appending("web.key"))
            try await bed.kvagent("retry", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            #expect(try isSame(bed, place))
        }
    }

    @Test(
        "A target that can't be is an error of the settings",
        arguments: [
            ("{file: cert.pem}", "needs path"),
            ("{path: web.pem}", "expected an absolute path"),
            ("{path: /srv/x, file: bundle.p12}", "no file \"bundle.p12\" is made"),
            ("{path: /srv/x, mode: \"0640\"}", "set copy: true"),
            ("{path: /srv/x}, {path: /srv/x}", "the target /srv/x is taken"),
            ("{path: /srv/x, link: true}", "unknown key"),
        ]
    )
    func settings(target: String, words: String) async throws {
        try await withTestBed { bed in
            try bed.writeSettings(["web"], entries: "targets: [\(target)]")
            let check = try await bed.kvagent("config", "check", status: 78)
            #expect(check.errors.contains(words), "\(check.errors)")
        }
    }
}
