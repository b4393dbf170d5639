import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("kvagent serving, end to end")
struct ServingTests {
    private func nginx(_ bed: TestBed, _ version: String) async throws -> Nginx {
        let files = bed.certs.appending("web").appending(version)
        let nginx = try Nginx(
            locations: "",
            files: (files.appending("fullchain.pem").string, files.appending("privkey.pem").string)
        )
        #expect(await waitUntil { facts(of: .init(nginx.pidFile)) != nil })
        return nginx
    }

    private func listener(_ report: JSON, _ nginx: Nginx) -> JSON? {
        report["listeners"].array.first { $0["port"].int == Int(nginx.port) }
    }

    @Test("It says who serves what is live, an older version, and what the history doesn't know")
    func standings() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let server = try await nginx(bed, "current")
            let report = try await bed.json(
                "serving",
                "--timeout",
                "15s",
                "--port",
                "\(server.port)"
            )
            let live = try #require(listener(report, server))
            #expect(live["address"].string == "127.0.0.1")
            // timeout(1), which ends nginx should the test hang, holds the socket too.
            #expect(["nginx", "timeout"].contains(live["process"]["name"].string))
            let status = "/proc/\(live["process"]["pid"].int ?? 0)/comm"
            #expect(
                try readText(.init(status)).trimmed == live["process"]["name"].string
            )
            let leaf = live["certificates"][0]
            #expect(leaf["standing"].string == "current")
            #expect(leaf["certificate"].string == "web")
            #expect(leaf["version"].string == bed.current("web"))
            #expect(leaf["isDefault"] == .flag(true))
            #expect(leaf["serverNames"].array.map { $0.string } == ["web.example"])
            try await bed.kvagent(
                "serving",
                "--timeout",
                "15s",
                "--port",
                "\(server.port)",
                status: 0
            )

            let old = bed.current("web")
            try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
            try await bed.kvagent("sync", status: 0)
            let text = try await bed.kvagent(
                "serving",
                "--timeout",
                "15s",
                "--port",
                "\(server.port)",
                status: 1
            )
            #expect(text.output.contains("127.0.0.1:\(server.port)  "))
            let stale = try #require(
                listener(
                    try await bed.json("serving", "--timeout", "15s", "--port", "\(server.port)"),
                    server
                )
            )
            #expect(stale["certificates"][0]["standing"].string == "older")
            #expect(stale["certificates"][0]["version"].string == old)
        }
    }

    @Test("A certificate of the same names that the history doesn't have is unknown")
    func unknown() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let stranger = try Nginx(locations: "", names: ["DNS:web.example"])
            let other = try Nginx(locations: "", names: ["DNS:elsewhere.example"])
            #expect(await waitUntil { facts(of: .init(stranger.pidFile)) != nil })
            #expect(await waitUntil { facts(of: .init(other.pidFile)) != nil })
            let report = try await bed.json(
                "serving",
                "--timeout",
                "15s",
                "--port",
                "\(stranger.port)",
                "--port",
                "\(other.port)"
            )
            let leaf = try #require(listener(report, stranger))["certificates"][0]
            #expect(leaf["standing"].string == "unknown")
            #expect(leaf["certificate"].string == "web" && leaf["version"].string == nil)
            let foreign = try #require(listener(report, other))["certificates"][0]
            #expect(foreign["standing"].string == "other")
            #expect(
                try await bed.kvagent("serving", "--timeout", "15s", "--port", "\(stranger.port)")
                    .status == 0
            )
        }
    }

    @Test("Who isn't root is told what that hides", .enabled(if: geteuid() == 0))
    func notRoot() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let server = try await nginx(bed, "current")
            let result = try await runCommand(
                [
                    TestBed.kvagent, "serving", "--json", "--timeout", "15s", "--port",
                    "\(server.port)", "--config",
                    bed.settingsFile.string,
                ],
                as: 64_999
            )
            let report = try JSON(parsing: result.output)
            let warnings = report["warnings"].array.compactMap(\.string)
            #expect(warnings.contains { $0.hasPrefix("older versions can't be told: ") })
            #expect(
                warnings.contains("not every process can be seen; root sees who listens"),
                "\(result)"
            )
            let found = try #require(listener(report, server))
            #expect(found["process"] == .null)
            #expect(found["certificates"][0]["standing"].string == "current")
        }
    }

    @Test("A listener that says nothing holds nobody up")
    func silent() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let silent = try ScriptedServer { $0.waitForEnd() }
            let begin = ContinuousClock.now
            let report = try await bed.json(
                "serving",
                "--timeout",
                "1s",
                "--port",
                "\(silent.port)"
            )
            #expect(.now - begin < .seconds(20))
            let warnings = report["warnings"].array.compactMap(\.string).joined()
            #expect(warnings.contains("127.0.0.1:\(silent.port)"))
            #expect(!report["listeners"].array.contains { $0["port"].int == Int(silent.port) })
        }
    }
}

extension String {
    fileprivate var trimmed: String { filter { !$0.isWhitespace } }
}
