import Glibc
import KeyVaultEmulator
import SystemPackage
import TestSupport
import Testing

@Suite("What is in the way of kvagent prune")
struct PruneObstacleTests {
    @Test("What somebody else has put in a place stays and is told")
    func foreign() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            try await bed.observe(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            for name in ["web.key", "web.pem"] {
                removeTree(place.appending(name))
                try writeFile(place.appending(name), "mine")
            }
            try writeFile(bed.certs.appending("web/note"), "mine")
            try await bed.observe(["api"])
            let rehearsal = try await bed.json("prune", "--dry-run")["orphans"][0]
            let prune = try await bed.json("prune")["orphans"][0]
            #expect(prune == rehearsal)
            let left = ["\(place)/web.key", "\(place)/web.pem", "\(bed.certs)/web/note"]
            #expect(prune["left"].array.map { $0["path"].string } == left)
            #expect(prune["removed"].array.count == 2 && prune["errors"].array.isEmpty)
            for path in left { #expect(try readText(FilePath(path)) == "mine") }
            #expect(try names(in: bed.certs.appending("web")) == ["note"])
            #expect(try await bed.json("status")["orphans"].array.isEmpty)
            try await bed.kvagent("prune", "web", status: 0)
        }
    }

    @Test("A target that can't be removed is told, the rest goes, and another run tries again")
    func failing() async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            try await bed.observe(["web"], entries: TestBed.targets(place))
            try await bed.kvagent("sync", status: 0)
            try await bed.observe(["api"])
            try #require(unsafe chmod(place.string, 0o777) == 0)
            let prune = try await bed.kvagent("prune", status: 1)
            #expect(prune.output.contains("web: error: use \(place): is writable by others"))
            #expect(prune.output.contains("web: removed \(bed.certs)/web\n"))
            try #require(unsafe chmod(place.string, 0o755) == 0)
            try await bed.kvagent("prune", "web", status: 0)
            #expect(try names(in: place) == [])
        }
    }

    @Test(
        "Killed at any change on disk, another run finishes",
        arguments: ["renameat", "unlinkat", "fsync", "fdatasync"]
    )
    func killed(call: String) async throws {
        try await withTestBed { bed in
            let place = try bed.makePlace()
            let stores = bed.directory.appending("stores")
            let entries = "\(TestBed.targets(place)), certificateStoreLocation: \(stores)"
            try await bed.observe(["web"], entries: entries)
            try await bed.observe(["api"])
            var kills = 0
            for count in 1... {
                try bed.writeSettings(["web"], entries: entries)
                try await bed.kvagent("sync", status: 0)
                try bed.writeSettings(["api"])
                let result = try await runCommand([
                    "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)",
                    "-e", "inject=\(call):signal=SIGKILL:when=\(count)",
                    TestBed.kvagent, "prune", "web", "--config", bed.settingsFile.string,
                ])
                let isKilled = result.status == 137
                if isKilled {
                    kills += 1
                    try await bed.kvagent("prune", "web", status: 0)
                }
                #expect(try names(in: place) == [], "\(call) \(count)")
                #expect(try names(in: stores) == ["README"], "\(call) \(count)")
                #expect(try await bed.json("status")["orphans"].array.isEmpty, "\(call) \(count)")
                guard isKilled else { break }
            }
            #expect(kills > 0)
        }
    }
}
