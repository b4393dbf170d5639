import Foundation
import GRDB
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Opening the history")
struct OpeningTests {
    @Test("A new file, and those beside it, are 0640 whatever the umask")
    func modes() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            let history = try History.open(at: path.string)
            try history.register(certificate: "web", url: "https://x", at: time(0))
            for ending in ["", "-wal", "-shm"] {
                #expect(mode(of: FilePath(path.string + ending)) == 0o640)
            }
        }
    }

    @Test("What was written survives the history's closing")
    func reopened() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            do {
                let history = try History.open(at: path)
                try history.register(certificate: "web", url: "https://x", at: time(0))
                try history.deploy(version(1))
            }
            let history = try History.open(at: path)
            #expect(try history.lastDeployment(of: "web", version: nil)?.version == version(1))
        }
    }

    @Test("A commit is on the disk before it is told of, and references are checked")
    func durable() throws {
        try withHistory { history, path in
            let mode = try text(path, "PRAGMA journal_mode")
            #expect(mode == "wal")
            let pragmas = try history.write("ask") { db in
                try ["synchronous", "foreign_keys", "busy_timeout"].map {
                    try Int.fetchOne(db, sql: "PRAGMA \($0)")
                }
            }
            #expect(pragmas == [2, 1, 10_000])
        }
    }

    @Test("Many open a history that does not exist yet, and all write to the same one")
    func openedAtOnce() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        let history = try History.open(at: path)
                        try history.register(certificate: "c\(number)", url: "u", at: time(0))
                    }
                }
                try await group.waitForAll()
            }
            #expect(try text(path, "SELECT count(*) || '' FROM certificate") == "8")
        }
    }

    @Test("A database that a later kvagent wrote is refused and not touched")
    func newerSchema() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            _ = try History.open(at: path)
            try raw(path).write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999_later')")
            }
            let before = try readFile(FilePath(path))
            let opened = #expect(throws: HistoryError.self) { try History.open(at: path) }
            #expect(opened?.kind == .newerSchema)
            #expect(opened?.description.contains("v999_later") == true)
            #expect(opened?.hint?.contains("downgrade is not supported") == true)
            let read = #expect(throws: HistoryError.self) { try History.openForReading(at: path) }
            #expect(read?.kind == .newerSchema)
            let setAside = #expect(throws: HistoryError.self) {
                try History.openSettingAsideDamage(at: path, now: time(0))
            }
            #expect(setAside?.kind == .newerSchema)
            #expect(try readFile(FilePath(path)) == before)
            #expect(try names(in: directory) == ["history.db", "history.lock"])
        }
    }

    @Test("Only one at a time creates, migrates or sets aside")
    func oneAtATime() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            let inside = Count()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try DatabaseFile(path: path).whileLocked {
                            let others = inside.number.add(1, ordering: .relaxed).oldValue
                            #expect(others == 0)
                            for _ in 0..<50 { _ = try names(in: directory) }
                            inside.number.subtract(1, ordering: .relaxed)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("Whoever may look into the directory can't keep it from being opened")
    func lockIsPrivate() throws {
        try withTemporaryDirectory { directory in
            let stranger = unsafe open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(stranger) }
            #expect(flock(stranger, LOCK_EX | LOCK_NB) == 0)
            _ = try History.open(at: directory.appending("history.db").string)
            #expect(mode(of: directory.appending("history.lock")) == 0o600)
        }
    }

    @Test("It knows when its file was deleted, moved or replaced")
    func inPlace() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            let history = try History.open(at: path.string)
            try history.checkInPlace()
            removeTree(path)
            #expect(!history.isInPlace)
            let other = try History.open(at: path.string)
            #expect(other.isInPlace && !history.isInPlace)
            #expect(throws: HistoryError.self) { try history.checkInPlace() }
        }
    }

    @Test("The lock is never taken through a symlink")
    func lockIsNoLink() throws {
        try withTemporaryDirectory { directory in
            try makeSymlink(directory.appending("history.lock"), to: "elsewhere")
            let path = directory.appending("history.db").string
            let error = #expect(throws: HistoryError.self) { try History.open(at: path) }
            #expect(error?.description.contains("history.lock") == true)
            #expect(try names(in: directory) == ["history.lock"])
        }
    }

    @Test("Another program's database is refused, and neither changed nor set aside")
    func foreignDatabase() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            try raw(path).write { try $0.execute(sql: "CREATE TABLE books (title)") }
            let before = try readFile(FilePath(path))
            let error = #expect(throws: HistoryError.self) {
                try History.openSettingAsideDamage(at: path, now: time(0))
            }
            #expect(error?.kind == .other)
            #expect(throws: HistoryError.self) { try History.openForReading(at: path) }
            #expect(try readFile(FilePath(path)) == before)
        }
    }

    @Test("An empty file, as a crash right after its making leaves it, becomes a history")
    func emptyFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            try writeFile(path, "", mode: 0o640)
            #expect(try History.openForReading(at: path.string) == nil)
            _ = try History.open(at: path.string)
            #expect(try History.openForReading(at: path.string) != nil)
        }
    }

    @Test("A crash before the first step leaves what the next start goes on with")
    func interruptedCreation() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            try raw(path).write { db in
                try db.execute(sql: "CREATE TABLE grdb_migrations (identifier TEXT PRIMARY KEY)")
            }
            #expect(try History.openForReading(at: path) == nil)
            let history = try History.open(at: path)
            #expect(try history.polls().isEmpty)
        }
    }

    @Test("A directory that is not there is named, with the system's word for it")
    func missingDirectory() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("no/history.db").string
            let reader = try History.openForReading(at: path)
            #expect(reader == nil)
            let error = #expect(throws: HistoryError.self) { try History.open(at: path) }
            #expect(
                error?.description
                    == "open history in \(path): open \(directory)/no/history.lock: No such file or directory"
            )
        }
    }
}

/// A number that several tasks share.
private final class Count: Sendable {
    let number = Atomic(0)
}
