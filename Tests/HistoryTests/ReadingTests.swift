import Foundation
import GRDB
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Reading the history")
struct ReadingTests {
    @Test("There is none before the daemon's first start")
    func none() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            let reader = try History.openForReading(at: path.string)
            #expect(reader == nil)
            #expect(facts(of: path) == nil)
        }
    }

    @Test("A reader leaves no trace beside a database that nobody has open")
    func noTrace() async throws {
        try await withClosedHistory { path in
            let reader = try #require(try History.openForReading(at: path.string))
            #expect(try reader.deployments(HistoryFilter()).count == 1)
            #expect(try names(in: path.removingLastComponent()) == ["history.db", "history.lock"])
        }
    }

    @Test("A reader that came before the daemon sees what the daemon writes")
    func beforeTheWriter() async throws {
        try await withClosedHistory { path in
            let reader = try #require(try History.openForReading(at: path.string))
            #expect(try reader.deployments(HistoryFilter()).count == 1)
            do {
                let history = try History.open(at: path.string)
                try history.deploy(version(2))
                #expect(try reader.deployments(HistoryFilter()).count == 2)
                try history.deploy(version(3))
                #expect(try reader.deployments(HistoryFilter()).count == 3)
            }
            #expect(try reader.deployments(HistoryFilter()).count == 3)
        }
    }

    @Test("A reader sees what a daemon wrote that came and went between its questions")
    func writerCameAndWent() async throws {
        try await withClosedHistory { path in
            let reader = try #require(try History.openForReading(at: path.string))
            #expect(try reader.deployments(HistoryFilter()).count == 1)
            do { try History.open(at: path.string).deploy(version(2)) }
            #expect(try reader.deployments(HistoryFilter()).count == 2)
        }
    }

    @Test("A reader is not held up by a transaction that is open, and does not see into it")
    func besideATransaction() throws {
        try withHistory { history, path in
            let reader = try #require(try History.openForReading(at: path))
            try history.write("test") { db in
                try db.execute(sql: "UPDATE certificate SET url = 'new' WHERE name = 'web'")
                let url = try reader.read("test") {
                    try String.fetchOne($0, sql: "SELECT url FROM certificate WHERE name = 'web'")
                }
                #expect(url?.hasPrefix("https://") == true)
            }
        }
    }

    @Test("A reader cannot write, and says so")
    func cannotWrite() throws {
        try withHistory { _, path in
            let reader = try #require(try History.openForReading(at: path))
            let error = #expect(throws: HistoryError.self) {
                try reader.register(certificate: "x", url: "y", at: time(0))
            }
            #expect(error?.kind == .readOnly)
        }
    }

    @Test(
        "A user who may only read can, while the daemon runs and while it does not",
        .enabled(if: geteuid() == 0)
    )
    func withoutWritePermission() async throws {
        try await withClosedHistory { path in
            let group = try #require(facts(of: path)).st_gid
            await #expect(processExitsWith: .success) {
                [path = path.string as String, group = group as UInt32] in
                try become(user: 65_534, group: group)
                let reader = try #require(try History.openForReading(at: path))
                #expect(try reader.deployments(HistoryFilter()).count == 1)
            }
            let history = try History.open(at: path.string)
            try history.deploy(version(2))
            await #expect(processExitsWith: .success) {
                [path = path.string as String, group = group as UInt32] in
                try become(user: 65_534, group: group)
                let reader = try #require(try History.openForReading(at: path))
                #expect(try reader.deployments(HistoryFilter()).count == 2)
                let error = #expect(throws: HistoryError.self) { try History.open(at: path) }
                #expect(error?.kind == .denied)
            }
        }
    }

    @Test(
        "A user who may only read can after a crash too, whose journal nobody has recovered",
        .enabled(if: geteuid() == 0)
    )
    func afterACrash() async throws {
        try await withClosedHistory { path in
            let group = try #require(facts(of: path)).st_gid
            await #expect(processExitsWith: .signal(SIGKILL)) {
                [path = path.string as String] in
                try History.open(at: path).deploy(version(2))
                let history = try History.open(at: path)
                try history.deploy(version(3))
                kill(getpid(), SIGKILL)
            }
            await #expect(processExitsWith: .success) {
                [path = path.string as String, group = group as UInt32] in
                try become(user: 65_534, group: group)
                let reader = try #require(try History.openForReading(at: path))
                #expect(try reader.deployments(HistoryFilter()).count == 3)
            }
        }
    }

    @Test("A user who may not read is told who may", .enabled(if: geteuid() == 0))
    func withoutReadPermission() async throws {
        try await withClosedHistory { path in
            await #expect(processExitsWith: .success) { [path = path.string as String] in
                try become(user: 65_534, group: 65_534)
                let error = #expect(throws: HistoryError.self) {
                    try History.openForReading(at: path)
                }
                #expect(error?.kind == .denied)
                #expect(error?.hint?.contains("group adm") == true)
            }
        }
    }
}

/// A history with one deployment that nobody has open, alone in its directory.
private func withClosedHistory(_ body: (FilePath) async throws -> Void) async throws {
    try await withTemporaryDirectory { directory in
        let path = directory.appending("history.db")
        do {
            let history = try History.open(at: path.string)
            try history.register(certificate: "web", url: "https://x", at: time(0))
            try history.deploy(version(1))
        }
        try await body(path)
    }
}

/// Makes this process one of another user, for good.
private func become(user: uid_t, group: gid_t) throws {
    let isDone = setgroups(0, nil) == 0 && setgid(group) == 0 && setuid(user) == 0
    try #require(isDone)
}
