import Foundation
import GRDB
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Backup, restore and export")
struct BackupTests {
    @Test("A backup is a whole history in one file, 0640, which restore takes")
    func roundTrip() throws {
        try withHistory { history, path in
            try history.record(.sample(version(1)))
            let id = try history.deploy(version(1))
            try history.record(.sample(), of: id)
            let before = try history.verify(digest: .sha256)
            let backup = path + ".backup"
            try history.backUp(to: backup)
            #expect(mode(of: FilePath(backup)) == 0o640)

            try history.deploy(version(2))
            let setAside = try #require(try History.restore(from: backup, to: path, now: time(0.5)))
            #expect(setAside == "\(path).replaced-20261124T072000.500Z")
            #expect(!history.isInPlace)
            #expect(mode(of: FilePath(path)) == 0o640)
            let restored = try History.open(at: path)
            #expect(try restored.deployments(HistoryFilter()).map(\.version) == [version(1)])
            #expect(try restored.verify(digest: .sha256) == before)
            // The head of what came later is not in it.
            let kept = try History.open(at: setAside)
            #expect(try kept.deployments(HistoryFilter()).count == 2)
            let head = try kept.verify(digest: .sha256).head
            #expect(try restored.verify(head: head, digest: .sha256).fault?.kind == .headUnknown)
            let directory = FilePath(path).removingLastComponent()
            #expect(try names(in: directory).filter { $0.contains(".new-") } == [])
        }
    }

    @Test("A backup taken while others write is of one moment")
    func whileWriting() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending("history.db").string
            let history = try History.open(at: path)
            try history.register(certificate: "web", url: "u", at: time(0))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for number in 0..<100 { try history.deploy(version(number)) }
                }
                group.addTask {
                    for number in 0..<10 {
                        let reader = try #require(try History.openForReading(at: path))
                        let backup = "\(path).\(number)"
                        try reader.backUp(to: backup)
                        let copy = try History.open(at: backup)
                        let rows = try copy.deployments(HistoryFilter())
                        #expect(rows.map(\.version) == (0..<rows.count).reversed().map(version))
                        #expect(try copy.verify(digest: .sha256).fault == nil)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test("A file that is there is not replaced unless that is wanted")
    func noOverwriting() throws {
        try withHistory { history, path in
            let file = FilePath(path + ".backup")
            try writeFile(file, "precious", mode: 0o600)
            let error = #expect(throws: HistoryError.self) { try history.backUp(to: file.string) }
            #expect(error?.description == "back up history in \(file): it is there already")
            #expect(error?.hint?.contains("--force") == true)
            #expect(try readText(file) == "precious")
            try history.backUp(to: file.string, isReplacing: true)
            #expect(try History.openForReading(at: file.string) != nil)
            let directory = FilePath(path).removingLastComponent()
            #expect(try names(in: directory).filter { $0.contains(".new-") } == [])
        }
    }

    @Test("A file that appears while the copy is made is not replaced either")
    func lateComer() throws {
        try withTemporaryDirectory { directory in
            let path = directory.appending("file")
            let error = #expect(throws: HistoryError.self) { try publishTooLate(path) }
            #expect(error?.description.hasSuffix("it is there already") == true)
            let contents = try readText(path)
            #expect(contents == "precious")
            #expect(try names(in: directory) == ["file"])
        }
    }

    @Test("A directory that is not there is named")
    func noDirectory() throws {
        try withHistory { history, path in
            let error = #expect(throws: HistoryError.self) {
                try history.backUp(to: path + ".d/backup")
            }
            #expect(
                error?.description
                    == "back up history in \(path).d/backup: create: No such file or directory"
            )
        }
    }

    private func publishTooLate(_ path: FilePath) throws {
        let new = try NewFile(at: path.string, for: "test")
        try writeFile(path, "precious", mode: 0o600)
        try new.publish()
    }

    /// What is no history to restore.
    enum Unfit: CaseIterable, Sendable {
        case absent, empty, rubbish, truncated, foreign, later, inUse

        func make(_ file: FilePath, from backup: String) throws {
            switch self {
            case .absent, .inUse: break
            case .empty: try writeFile(file, "", mode: 0o640)
            case .rubbish: try writeFile(file, "this is no database at all", mode: 0o640)
            case .truncated:
                let bytes = try readFile(FilePath(backup))
                try writeFile(file, bytes: Array(bytes[..<(bytes.count / 2)]), mode: 0o640)
            case .foreign: try raw(file.string).write { try $0.execute(sql: "CREATE TABLE b (t)") }
            case .later:
                try writeFile(file, bytes: try readFile(FilePath(backup)), mode: 0o640)
                try raw(file.string).write {
                    try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999_later')")
                }
            }
        }

        var kind: HistoryError.Kind {
            switch self {
            case .absent, .empty, .foreign, .inUse: .other
            case .rubbish, .truncated: .damaged
            case .later: .newerSchema
            }
        }
    }

    @Test(
        "What is no whole history of ours is refused, and the one in use stays",
        arguments: Unfit.allCases
    )
    func unfit(what: Unfit) throws {
        try withHistory { history, path in
            for number in 0..<50 { try history.record(.sample(version(number))) }
            try history.backUp(to: path + ".backup")
            let file = FilePath(what == .inUse ? path : path + ".unfit")
            try what.make(file, from: path + ".backup")
            let before = try names(in: FilePath(path).removingLastComponent())
            let error = #expect(throws: HistoryError.self) {
                try History.restore(from: file.string, to: path, now: time(0))
            }
            #expect(error?.kind == what.kind, "\(String(describing: error))")
            #expect(error?.description.hasPrefix("restore history in \(file): ") == true)
            #expect(history.isInPlace)
            #expect(try names(in: FilePath(path).removingLastComponent()) == before)
        }
    }

    @Test("It takes the place of a damaged one, and of none")
    func restoredOverDamage() throws {
        try withHistory { history, path in
            try history.deploy(version(1))
            let backup = path + ".backup"
            try history.backUp(to: backup)
            try withTemporaryDirectory { directory in
                let other = directory.appending("history.db")
                #expect(try History.restore(from: backup, to: other.string, now: time(0)) == nil)
                #expect(try History.open(at: other.string).deployments(HistoryFilter()).count == 1)
                for ending in ["-wal", "-shm"] { removeTree(FilePath(other.string + ending)) }
                try writeFile(other, "rubbish, rubbish", mode: 0o640)
                let setAside = try History.restore(from: backup, to: other.string, now: time(0))
                #expect(try readText(FilePath(try #require(setAside))) == "rubbish, rubbish")
                #expect(try History.open(at: other.string).deployments(HistoryFilter()).count == 1)
            }
        }
    }

    @Test("An export has all of the ledger once, oldest first, with each deployment's hooks")
    func exported() throws {
        try withHistory { history, path in
            try history.record(.sample(version(1), at: time(1)))
            let id = try history.deploy(version(1), as: .rejected, at: time(2))
            for name in ["deploy/a", "reload/b"] { try history.record(.sample(name), of: id) }
            try history.setPin(
                Pin(certificate: "web", version: version(1), actor: "a", at: time(3))
            )
            try history.removePin(of: "web", at: time(9), by: "b")
            try history.record(.sample(version(2), at: time(4)))
            try history.clearRefusals(of: "web", at: time(5), actor: "ada")
            _ = try history.begin(.sample(version(2), of: "api", at: time(6)))
            let reader = try #require(try History.openForReading(at: path))
            for history in [history, reader] {
                var records: [LedgerRecord] = []
                try history.export { records.append($0) }
                let words = records.map { record in
                    switch record {
                    case .version(let version): "version \(version.files.count)"
                    case .deployment(let it): "\(it.certificate) \(it.hookRuns.map(\.name))"
                    case .pin(let pin): "pin \(pin.removedBy ?? "")"
                    case .retry(let retry): "retry \(retry.actor)"
                    case .examination(let it): "examination \(it.findings.map(\.rule))"
                    case .approval(let approval): "approval \(approval.reason ?? "")"
                    }
                }
                #expect(
                    words == [
                        "version 2", "web [\"deploy/a\", \"reload/b\"]", "pin b", "version 2",
                        "retry ada", "api []",
                    ]
                )
            }
        }
    }

    @Test("What the receiver of an export throws ends it")
    func exportStopped() throws {
        struct Enough: Error {}
        try withHistory { history, _ in
            for number in 1...3 { try history.deploy(version(number)) }
            var count = 0
            #expect(throws: Enough.self) {
                try history.export { _ in
                    count += 1
                    if count == 2 { throw Enough() }
                }
            }
            #expect(count == 2)
        }
    }
}
