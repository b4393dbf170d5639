import Foundation
import GRDB
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import History

@Suite("Errors of the history")
struct ErrorTests {
    @Test("An error never shows what was to be stored")
    func noValues() throws {
        try withHistory { history, _ in
            let secret = "hunter2-hunter2"
            var errors: [HistoryError?] = []
            errors.append(
                #expect(throws: HistoryError.self) {
                    try history.record(
                        VersionRecord(certificate: "web", version: secret, fetchedAt: time(0))
                    )
                }
            )
            errors.append(
                #expect(throws: HistoryError.self) {
                    var run = HookRunRecord.sample(output: secret)
                    run.phase = secret
                    try history.record(run, of: 1)
                }
            )
            errors.append(
                #expect(throws: HistoryError.self) {
                    try history.recordPoll(PollRecord(certificate: secret, lastTryAt: time(0)))
                }
            )
            errors.append(
                #expect(throws: HistoryError.self) {
                    try history.setPin(
                        Pin(certificate: "web", version: secret, actor: secret, at: time(0))
                    )
                }
            )
            for error in errors {
                let error = try #require(error)
                var dumped = ""
                dump(error, to: &dumped)
                for text in ["\(error)", error.localizedDescription, error.hint ?? "", dumped] {
                    #expect(!text.contains(secret))
                }
            }
        }
    }

    @Test(
        "SQLite's codes are told apart by what a caller can do about them",
        arguments: [
            (.SQLITE_CORRUPT, .damaged), (.SQLITE_CORRUPT_INDEX, .damaged),
            (.SQLITE_NOTADB, .damaged), (.SQLITE_IOERR_SHORT_READ, .damaged),
            (.SQLITE_IOERR_WRITE, .other), (.SQLITE_FULL, .full), (.SQLITE_READONLY, .readOnly),
            (.SQLITE_READONLY_DBMOVED, .readOnly), (.SQLITE_BUSY, .busy),
            (.SQLITE_BUSY_SNAPSHOT, .busy), (.SQLITE_LOCKED, .busy), (.SQLITE_CANTOPEN, .denied),
            (.SQLITE_PERM, .denied), (.SQLITE_CONSTRAINT_CHECK, .other),
        ] as [(ResultCode, HistoryError.Kind)]
    )
    func kinds(code: ResultCode, kind: HistoryError.Kind) {
        let error = HistoryError(DatabaseError(resultCode: code), operation: "o", path: "/p")
        #expect(error.kind == kind)
    }

    @Test(
        "The system's codes are told apart likewise",
        arguments: [
            (EACCES, .denied), (EPERM, .denied), (EROFS, .readOnly), (ENOSPC, .full),
            (EDQUOT, .full), (EIO, .other), (EWOULDBLOCK, .busy),
        ] as [(Int32, HistoryError.Kind)]
    )
    func systemKinds(code: Int32, kind: HistoryError.Kind) {
        let error = HistoryError(FileError("write", code), operation: "o", path: "/p")
        #expect(error.kind == kind)
    }

    @Test("A lock that does not come free is told in our words")
    func busy() {
        let locked = DatabaseError(resultCode: .SQLITE_BUSY, message: "database is locked")
        let error = HistoryError(locked, operation: "begin deployment", path: "/p")
        #expect(
            error.description
                == "begin deployment in /p: another process kept it for more than 10 seconds"
        )
    }

    @Test("A database that may not grow is full, loses nothing, and goes on when it may again")
    func full() throws {
        try withHistory { history, _ in
            try history.deploy(version(1))
            try history.write("limit") { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages)")
            }
            let error = #expect(throws: HistoryError.self) {
                for number in 2..<500 { try history.deploy(version(number)) }
            }
            #expect(error?.kind == .full)
            #expect(error?.hint?.contains("free space") == true)
            let kept = try history.deployments(HistoryFilter()).count
            try history.write("limit") { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
            try history.deploy(version(999))
            #expect(try history.deployments(HistoryFilter()).count == kept + 1)
        }
    }
}
