import Foundation
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("A damaged history")
struct DamageTests {
    /// What a disk, a person or a bad copy does to a file.
    enum Damage: String, CaseIterable, Sendable {
        case notADatabase, halfAPage, firstPages, overwrittenMiddle

        func apply(to path: FilePath) throws {
            var bytes = try readFile(path)
            switch self {
            case .notADatabase: bytes = Array("this is not a database, but long enough".utf8)
            case .halfAPage: bytes.removeLast(bytes.count - 4096 * 2 - 100)
            case .firstPages: bytes.removeLast(bytes.count - 4096 * 3)
            case .overwrittenMiddle:
                for index in 4096 * 4..<4096 * 8 { bytes[index] = 0x5a }
            }
            try writeFile(path, bytes: bytes, mode: 0o640)
        }
    }

    @Test("It is refused with its path and a way out, and left alone", arguments: Damage.allCases)
    func refused(damage: Damage) throws {
        try withDamaged(damage) { path in
            let before = try readFile(path)
            let error = #expect(throws: HistoryError.self) { try History.open(at: path.string) }
            #expect(error?.kind == .damaged)
            #expect(error?.path == path.string)
            #expect(error?.description.contains(path.string) == true)
            #expect(error?.hint != nil)
            #expect(try readFile(path) == before)
        }
    }

    @Test("It is set aside with what lies beside it, a new one begun", arguments: Damage.allCases)
    func setAside(damage: Damage) throws {
        try withDamaged(damage) { path in
            let before = try readFile(path)
            try writeFile(FilePath(path.string + "-wal"), "left over", mode: 0o640)
            let (history, setAside) = try History.openSettingAsideDamage(
                at: path.string,
                now: time(0.5)
            )
            let name = try #require(setAside)
            #expect(name == "\(path).damaged-20261124T072000.500Z")
            #expect(try readFile(FilePath(name)) == before)
            #expect(try readText(FilePath(name + "-wal")) == "left over")
            #expect(try history.deployments(HistoryFilter()).isEmpty)
            try history.register(certificate: "web", url: "https://x", at: time(1))
            #expect(mode(of: path) == 0o640)
        }
    }

    @Test("A second damaged file in the same moment does not take the first one's name")
    func twice() throws {
        try withDamaged(.notADatabase) { path in
            let first = try History.openSettingAsideDamage(at: path.string, now: time(0)).setAside
            try Damage.notADatabase.apply(to: path)
            for ending in ["-wal", "-shm"] { removeTree(FilePath(path.string + ending)) }
            let second = try History.openSettingAsideDamage(at: path.string, now: time(0)).setAside
            #expect(first != nil && second != nil && first != second)
        }
    }

    @Test("Several that find it at once set it aside once, and write to the same new one")
    func atOnce() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            try writeFile(path, "this is not a database, but long enough", mode: 0o640)
            let setAside = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        let (history, setAside) = try History.openSettingAsideDamage(
                            at: path.string,
                            now: time(0)
                        )
                        try history.register(certificate: "c\(number)", url: "u", at: time(0))
                        return setAside
                    }
                }
                return try await group.reduce(into: []) { $0 += $1.map { [$0] } ?? [] }
            }
            #expect(setAside.count == 1)
            #expect(try text(path.string, "SELECT count(*) || '' FROM certificate") == "6")
        }
    }

    @Test("One that proves damaged in use is set aside at the next opening, whatever a look says")
    func damagedInUse() throws {
        try withHistory { history, path in
            try history.register(certificate: "web", url: "u", at: time(0))
            try history.deploy(version(1))
            let plain = try History.openSettingAsideDamage(
                at: path,
                now: time(1),
                after: history
            )
            #expect(plain.setAside == nil && !history.isDamaged)
            try raw(path).write { db in
                try db.execute(sql: "PRAGMA ignore_check_constraints = ON")
                try db.execute(sql: "UPDATE poll SET last_try_at = 'soon'")
                try db.execute(
                    sql: "INSERT INTO poll VALUES ('web', 'soon', NULL, 0, NULL, NULL, NULL, NULL)"
                )
            }
            #expect(throws: HistoryError.self) { try history.polls() }
            #expect(history.isDamaged)
            let (fresh, setAside) = try History.openSettingAsideDamage(
                at: path,
                now: time(2),
                after: history
            )
            #expect(setAside != nil && !history.isInPlace)
            #expect(try fresh.polls().isEmpty && !fresh.isDamaged)
            // Who comes later with the same old one does not set aside the new one.
            let later = try History.openSettingAsideDamage(at: path, now: time(3), after: history)
            #expect(later.setAside == nil)
        }
    }

    @Test("A whole one is not set aside")
    func whole() throws {
        try withHistory { history, path in
            try history.deploy(version(1))
            let (again, setAside) = try History.openSettingAsideDamage(at: path, now: time(0))
            #expect(setAside == nil)
            #expect(try again.deployments(HistoryFilter()).count == 1)
        }
    }

    @Test("A row that somebody made unreadable is an error and not a crash")
    func unreadableRow() throws {
        try withHistory { history, path in
            try history.deploy(version(1))
            try forging(path).write { db in
                try db.execute(
                    sql: """
                        DROP TRIGGER deployment_is_closed_once;
                        DROP TRIGGER deployment_is_only_closed;
                        UPDATE deployment SET started_at = '????-??-??T??:??:??.???Z';
                        """
                )
            }
            let error = #expect(throws: HistoryError.self) {
                try history.deployments(HistoryFilter())
            }
            #expect(error?.kind == .damaged)
            #expect(error?.description.contains("column started_at") == true)
        }
    }

    /// A history of some pages, closed, and then damaged.
    private func withDamaged(_ damage: Damage, _ body: (FilePath) throws -> Void) throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("history.db")
            do {
                let history = try History.open(at: path.string)
                try history.register(certificate: "web", url: "https://x", at: time(0))
                for number in 0..<50 { try history.record(.sample(version(number))) }
                for number in 0..<50 { try history.deploy(version(number)) }
            }
            try damage.apply(to: path)
            try body(path)
        }
    }
}
