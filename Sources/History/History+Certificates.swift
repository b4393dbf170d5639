import Foundation
import GRDB

extension History {
    /// Makes a certificate known; again, with another URL, notes the new one.
    package func register(certificate: String, url: String, at: Date) throws(HistoryError) {
        try write("register certificate") { db in
            try db.register(certificate, url: url, at: at)
        }
    }

    /// Notes how the last poll of a certificate went, in place of what was noted before.
    package func recordPoll(_ poll: PollRecord) throws(HistoryError) {
        try write("record poll") { db in
            try db.record(poll)
        }
    }

    /// Notes when certificates are polled next, by name, in one transaction; one that never was is
    /// left alone.
    package func planPolls(_ dates: [String: Date]) throws(HistoryError) {
        guard !dates.isEmpty else { return }
        try write("plan polls") { db in
            for (certificate, date) in dates {
                try db.reuse(
                    "UPDATE poll SET next_poll_at = :at WHERE certificate = :certificate",
                    ["certificate": certificate, "at": Timestamp.text(date)]
                )
            }
        }
    }

    /// How it stands with every certificate that was ever polled, by name.
    package func polls() throws(HistoryError) -> [PollRecord] {
        try read("read polls") { db in
            try Query(sql: "SELECT * FROM poll ORDER BY certificate", arguments: [])
                .fetchAll(db, PollRecord.init)
        }
    }

    /// How it stands with one certificate; nil before its first poll.
    package func poll(of certificate: String) throws(HistoryError) -> PollRecord? {
        try read("read poll") { db in
            let sql = "SELECT * FROM poll WHERE certificate = ?"
            return try Query(sql: sql, arguments: [certificate]).fetchFirst(db, PollRecord.init)
        }
    }
}

extension PollRecord {
    fileprivate init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            lastTryAt: try row.date("last_try_at"),
            lastSuccessAt: try row.dateIfPresent("last_success_at"),
            consecutiveFailures: try row.read("consecutive_failures"),
            error: try row.readIfPresent("error"),
            errorKind: try row.readIfPresent("error_kind"),
            latestVersion: try row.readIfPresent("latest_version"),
            nextPollAt: try row.dateIfPresent("next_poll_at")
        )
    }
}
