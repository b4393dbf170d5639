import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

@Suite("Output")
struct OutputTests {
    @Test(
        "A log that can't be written stops no deployment",
        arguments: ["2>/dev/full", "2>&-", "2>&1 >/dev/null | true"]
    )
    func command(redirection: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            // The log is longer than a pipe, so the last of the three breaks for sure.
            try bed.hook("deploy/h", "sleep 0.2")
            let result = try await bed.shell(
                "{ \"$0\" sync --log-level trace --config \"$1\" || echo died >&9; } 9>\(bed.journal).died \(redirection)"
            )
            #expect(result.status == 0, "\(result.errors)")
            #expect(try readText(FilePath("\(bed.journal).died")) == "")
            #expect(try await bed.isWhole("web"))
            #expect(try await bed.outcomes("web") == ["deployed"])
        }
    }

    @Test("The daemon polls on", arguments: ["2>/dev/full", "2>&-"])
    func daemon(redirection: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.writeSettings(["web"], interval: 1)
            try await withRunningCommand([
                "sh", "-c", "exec \"$0\" run --config \"$1\" \(redirection)", TestBed.kvagent,
                bed.settingsFile.string,
            ]) { _ in
                #expect(await waitUntil { bed.current("web") != nil })
                let next = try await bed.emulator.rotate(vault: TestBed.vault, name: "web")
                #expect(await waitUntil { bed.current("web") == next })
            }
        }
    }

    @Test(
        "A result that can't be written is exit 1 with a message",
        arguments: ["status", "status --json", "sync", "history", "config check", "--help"]
    )
    func result(command: String) async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let settings = command == "--help" ? "" : "--config \"$1\""
            for (redirection, cause) in [
                (">/dev/full", "No space left on device"), (">&-", "Bad file descriptor"),
            ] {
                let result = try await bed.shell("\"$0\" \(command) \(settings) \(redirection)")
                #expect(result.status == 1)
                #expect(
                    result.errors.contains("write the result to standard output: \(cause)"),
                    "\(result.errors)"
                )
            }
        }
    }

    @Test("A hook ends quietly when the reader of its pipe does, as in any shell")
    func hooksHaveTheDefault() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try bed.hook("deploy/h", "grep SigIgn /proc/self/status > \(bed.directory)/ignored")
            try await bed.kvagent("sync", status: 0)
            let line = try readText(bed.directory.appending("ignored"))
            // Which of its own signals the C library ignores is its affair.
            let ignored = try #require(
                line.split(separator: "\t").last.flatMap {
                    UInt64($0.trimmingCharacters(in: .whitespacesAndNewlines), radix: 16)
                }
            )
            #expect(ignored & (1 << UInt64(SIGPIPE - 1)) == 0, "\(line)")
        }
    }

    @Test(
        "The history of a name that nobody knows is refused; one that has left the settings is shown"
    )
    func unknownName() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web", "api"])
            let before = try await bed.kvagent("history", "wbe", status: 1)
            #expect(before.errors.hasSuffix("kvagent: hint: the settings have web, api\n"))
            try await bed.kvagent("history", "web", status: 0)
            try await bed.kvagent("sync", status: 0)
            try bed.writeSettings(["api"])
            let gone = try await bed.kvagent("history", "web", status: 0)
            #expect(gone.output.contains("deployed"))
            let unknown = try await bed.kvagent("history", "wbe", status: 1)
            #expect(unknown.output == "")
            #expect(unknown.errors.hasPrefix("kvagent: error: no certificate \"wbe\", neither in"))
        }
    }
}
