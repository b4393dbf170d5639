import Foundation
import GRDB
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Several processes with one history")
struct ProcessTests {
    @Test("Two processes write at once and others read, and no row is lost")
    func writersAndReaders() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            let history = try History.open(at: path)
            try history.register(certificate: "web", url: "https://x", at: time(0))
            try history.register(certificate: "api", url: "https://x", at: time(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        let other = try History.open(at: path)
                        for number in 0..<50 { try other.deploy(version(number), of: "api") }
                    }
                }
                group.addTask {
                    for number in 0..<50 { try history.deploy(version(number), of: "web") }
                }
                for _ in 0..<2 {
                    group.addTask {
                        let reader = try #require(try History.openForReading(at: path))
                        var seen = 0
                        for _ in 0..<50 {
                            let count = try reader.deployments(HistoryFilter()).count
                            #expect(count >= seen)
                            seen = count
                        }
                    }
                }
                try await group.waitForAll()
            }
            for certificate in ["web", "api"] {
                let rows = try history.deployments(HistoryFilter(certificate: certificate))
                #expect(rows.map(\.version) == (0..<50).reversed().map(version))
                #expect(rows.allSatisfy { $0.outcome == .deployed })
            }
        }
    }

    @Test(
        "Readers get whole answers beside a daemon that is restarted over and over",
        .timeLimit(.minutes(15))
    )
    func restarts() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            try History.open(at: path).register(certificate: "web", url: "u", at: time(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<40 { try History.open(at: path).deploy(version(number)) }
                }
                for _ in 0..<2 {
                    group.addTask {
                        var seen = 0
                        while seen < 40, !Task.isCancelled {
                            // A new reader each time: one that has seen a -wal keeps it.
                            let reader = try #require(try History.openForReading(at: path))
                            let rows = try reader.deployments(HistoryFilter(outcome: .deployed))
                            #expect(rows.count >= seen)
                            seen = rows.count
                            #expect(rows.map(\.version) == (0..<seen).reversed().map(version))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Killed in the middle of a transaction, a process leaves all before it and nothing of it")
    func killed() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let history = try History.open(at: path)
                try history.register(certificate: "web", url: "https://x", at: time(0))
                try history.deploy(version(1))
                _ = try history.begin(.sample(version(2)))
                try history.owe(
                    OwedHook(
                        certificate: "web",
                        version: version(2),
                        phase: "reload",
                        hook: "reload/50-nginx",
                        since: time(2)
                    )
                )
                try history.write("die") { db in
                    try db.execute(sql: "UPDATE certificate SET url = 'half'")
                    // More than fits the page cache, so that part of it is in the -wal already.
                    for number in 0..<2000 {
                        try db.execute(
                            sql: """
                                INSERT INTO deployment (
                                    certificate, version, "trigger", actor, run_id, started_at
                                ) VALUES ('web', ?, 'poll', ?, '', '2026-11-24T08:00:00.000Z')
                                """,
                            arguments: [version(number), String(repeating: "x", count: 500)]
                        )
                    }
                    kill(getpid(), SIGKILL)
                }
            }

            // A reader comes before any writer has recovered the file.
            let reader = try #require(try History.openForReading(at: path))
            #expect(try reader.openDeployments().map(\.version) == [version(2)])

            let history = try History.open(at: path)
            #expect(try history.deployments(HistoryFilter()).map(\.version) == [2, 1].map(version))
            #expect(try history.openDeployments().map(\.version) == [version(2)])
            #expect(try history.owedHooks(of: "web").map(\.hook) == ["reload/50-nginx"])
            #expect(try text(path, "SELECT url FROM certificate") == "https://x")
            #expect(try text(path, "PRAGMA integrity_check") == "ok")
        }
    }

    @Test("A copy of the files at any moment is a whole history")
    func copied() throws {
        try withHistory { history, path in
            for number in 0..<20 {
                try history.deploy(version(number))
                let copy = "\(path).copy\(number)"
                // The -shm is not copied: after a power loss it is not there, or not true.
                for ending in ["", "-wal"] {
                    let bytes = try readFile(FilePath(path + ending))
                    try writeFile(FilePath(copy + ending), bytes: bytes, mode: 0o640)
                }
                let rows = try History.open(at: copy).deployments(HistoryFilter())
                #expect(rows.map(\.version) == (0...number).reversed().map(version))
            }
        }
    }

    @Test("A -wal that was cut off anywhere costs the last rows, and not the history")
    func cutOffJournal() throws {
        try withHistory { history, path in
            for number in 0..<20 { try history.deploy(version(number)) }
            let database = try readFile(FilePath(path))
            let wal = try readFile(FilePath(path + "-wal"))
            for length in stride(from: 0, to: wal.count, by: wal.count / 16 + 13) {
                let copy = "\(path).cut\(length)"
                try writeFile(FilePath(copy), bytes: database, mode: 0o640)
                try writeFile(FilePath(copy + "-wal"), bytes: Array(wal[..<length]), mode: 0o640)
                let rows = try History.open(at: copy).deployments(HistoryFilter())
                #expect(rows.map(\.version) == (0..<rows.count).reversed().map(version))
            }
        }
    }
}
