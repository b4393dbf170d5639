import Foundation
import Glibc
import KeyVaultEmulator
import SystemPackage
import Testing
import TestSupport

/// The daemon as systemd sees it, with a socket of the test's own for the manager's.
@Suite("The service")
struct ServiceTests {
    /// What the manager was told so far.
    private final class Manager {
        private let listener: DatagramListener
        private var told: [String] = []

        init(at path: FilePath) throws {
            listener = try DatagramListener(at: path)
        }

        /// Waits until something of that beginning is told.
        func hears(_ prefix: String, after start: Int = 0) async -> Bool {
            await waitUntil { heard.dropFirst(start).contains { $0.hasPrefix(prefix) } }
        }

        var heard: [String] {
            told += listener.texts()
            return told
        }
    }

    private func withService(
        _ bed: TestBed,
        watchdog: Duration? = nil,
        _ body: (pid_t, Manager) async throws -> Void
    ) async throws {
        let socket = bed.directory.appending("notify")
        removeTree(socket)
        let manager = try Manager(at: socket)
        let microseconds = watchdog.map { $0 / .microseconds(1) }
        try await withRunningCommand(
            ["env", "NOTIFY_SOCKET=\(socket)"]
                + (microseconds.map { ["WATCHDOG_USEC=\(Int($0))"] } ?? [])
                + [TestBed.kvagent, "run", "--config", bed.settingsFile.string]
        ) { pid in
            try await body(pid, manager)
        }
    }

    @Test("It is ready, tells how things stand, says when it reloads, and that it stops")
    func life() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await withService(bed) { pid, manager in
                #expect(await manager.hears("READY=1"))
                #expect(await manager.hears("STATUS=1 certificate, next poll "))
                let before = manager.heard.count
                kill(pid, SIGHUP)
                #expect(await manager.hears("READY=1", after: before))
                let told = manager.heard.dropFirst(before)
                #expect(told.first?.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") == true)
                try writeFile(bed.settingsFile, "{")
                kill(pid, SIGHUP)
                #expect(await manager.hears("STATUS=new settings not taken over (see the log), 1 "))
                kill(pid, SIGTERM)
                #expect(await manager.hears("STOPPING=1"))
                #expect(!manager.heard.contains("WATCHDOG=1"))
            }
        }
    }

    @Test("With requireInitialSync it is ready only when every certificate is live")
    func initialSync() async throws {
        try await withTestBed { bed in
            try await bed.observe(["a"])
            try bed.writeSettings(["a", "b"])
            var settings = try readText(bed.settingsFile)
            settings.replace(
                "secretsManagementSettings:",
                with: "secretsManagementSettings:\n  requireInitialSync: true"
            )
            try writeFile(bed.settingsFile, settings)
            try await withService(bed) { pid, manager in
                #expect(await manager.hears("STATUS=2 certificates, 1 notFound (b), next poll "))
                // A reload doesn't make it ready either.
                kill(pid, SIGHUP)
                #expect(await manager.hears("STATUS=", after: manager.heard.count))
                #expect(bed.current("a") != nil && !manager.heard.contains("READY=1"))
                try await bed.emulator.createCertificate(
                    vault: TestBed.vault,
                    name: "b",
                    TestBed.options("b.example")
                )
                kill(pid, SIGUSR1)
                #expect(await manager.hears("READY=1"))
                #expect(bed.current("b") != nil)
            }
            // A vault that is away holds up no boot of a machine that has its certificates.
            await bed.emulator.stop()
            try await withService(bed) { pid, manager in
                #expect(await manager.hears("READY=1"))
                kill(pid, SIGUSR1)
                #expect(await manager.hears("STATUS=2 certificates, 2 unreachable (a, b), "))
            }
        }
    }

    @Test("It is ready only when what a crash left is finished")
    func recovery() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let gate = bed.directory.appending("gate")
            let ran = bed.directory.appending("ran")
            try bed.hook(
                "reload/50-slow",
                "echo >> \(ran); while ! [ -e \(gate) ]; do sleep 0.1; done"
            )
            func runs() -> Int { (try? readText(ran).count) ?? 0 }
            try await withService(bed) { pid, _ in
                #expect(await waitUntil { runs() == 1 })
                kill(pid, SIGKILL)
            }
            try await withService(bed) { _, manager in
                #expect(await waitUntil { runs() == 2 })
                #expect(!manager.heard.contains("READY=1"))
                #expect(await manager.hears("EXTEND_TIMEOUT_USEC=35000000"))
                try writeFile(gate, "")
                #expect(await manager.hears("READY=1"))
            }
        }
    }

    @Test("A stop during a hook is told at once, asks for time, and lets the hook end")
    func stopDuringHook() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            let gate = bed.directory.appending("gate")
            try bed.hook("reload/50-slow", "while ! [ -e \(gate) ]; do sleep 0.1; done")
            try await withService(bed) { pid, manager in
                #expect(await waitUntil { (try? bed.journalLines().isEmpty) == false })
                kill(pid, SIGTERM)
                #expect(await manager.hears("EXTEND_TIMEOUT_USEC="))
                #expect(manager.heard.contains("STOPPING=1"))
                try writeFile(gate, "")
                #expect(
                    try await waitUntil { try await bed.outcomes("web") == ["deployed"] }
                )
            }
        }
    }

    @Test("An idle daemon that is watched goes on showing itself")
    func watchdog() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await withService(bed, watchdog: .milliseconds(500)) { pid, manager in
                #expect(await manager.hears("STATUS="))
                let before = manager.heard.count
                #expect(
                    await waitUntil {
                        manager.heard.dropFirst(before).count { $0 == "WATCHDOG=1" } >= 3
                    }
                )
            }
        }
    }

    @Test("Settings that aren't there exit with 78 and say where they belong")
    func noSettings() async throws {
        try await withTestBed { bed in
            let result = try await bed.kvagent("run", status: 78)
            #expect(
                result.errors.contains(
                    "\(bed.settingsFile):1: no such file; write the settings there"
                )
            )
            #expect(facts(of: bed.state) == nil)
        }
    }

    @Test("A history of a newer kvagent exits with 78, says so, and stays as it is")
    func newerHistory() async throws {
        try await withTestBed { bed in
            try await bed.observe(["web"])
            try await bed.kvagent("sync", status: 0)
            let database = bed.state.appending("history.db")
            let insert = try await runCommand([
                "sqlite3", database.string,
                "INSERT INTO grdb_migrations VALUES ('v999_future'); PRAGMA wal_checkpoint(TRUNCATE)",
            ])
            #expect(insert.status == 0, "\(insert.errors)")
            let before = try readFile(database)
            for command in ["run", "sync", "status"] {
                let result = try await bed.kvagent(command, status: 78)
                #expect(
                    result.errors.contains("it has v999_future, which this kvagent does not know")
                )
                #expect(result.errors.contains("downgrade is not supported"))
            }
            #expect(try readFile(database) == before)
        }
    }
}
