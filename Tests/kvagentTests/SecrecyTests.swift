import Foundation
import SystemPackage
import Testing
import TestSupport

@Suite("Secrets stay secret")
struct SecrecyTests {
    @Test("No key and no token in log, output, database, or what a hook is given")
    func nowhere() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let seen = bed.directory.appending("seen")
            try bed.hook(
                "reload/r",
                """
                { env; cat; cat /proc/self/environ /proc/$PPID/environ /proc/*/cmdline; } > \(seen) 2>/dev/null
                cat "$KVAGENT_PRIVKEY"
                """
            )
            let result = try await bed.kvagent("sync", "--log-level", "trace", status: 0)
            let key = try readText(bed.certs.appending("web/current/privkey.pem"))
            let line = try #require(key.split(separator: "\n").dropFirst().first).prefix(40)

            let history = try await runCommand(
                ["sh", "-c", "cat \(bed.state)/history.db*"])
            let shown = try await bed.kvagent("history", "--json", status: 0)
            let places = [
                "output": result.output, "log": result.errors, "database": history.output,
                "what a hook sees": String(decoding: try readFile(seen), as: UTF8.self),
                "history": shown.output,
            ]
            for (place, text) in places {
                #expect(!text.contains(line), "a key in \(place)")
                #expect(!text.contains("Bearer"), "a token in \(place)")
                #expect(!text.contains("eyJ"), "a token in \(place)")
            }
        }
    }

    @Test("The process can't be dumped or traced by others")
    func notDumpable() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let limits = bed.directory.appending("limits")
            try bed.hook("reload/r", "cat /proc/$PPID/limits > \(limits)")
            try await bed.kvagent("sync", status: 0)
            let core = try readText(limits).split(separator: "\n")
                .first { $0.hasPrefix("Max core file size") }
            #expect(core?.split(separator: " ").contains("0") == true)
        }
    }
}
