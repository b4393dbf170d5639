import Foundation
import GRDB

extension History {
    /// The pin that was set last and that nobody has lifted.
    ///
    /// It comes back also when its `until` is past: whether it holds is the caller's to ask, with
    /// the caller's clock (`Pin.holds(at:)`), and an ended pin is still worth showing.
    package func pin(of certificate: String) throws(HistoryError) -> Pin? {
        try read("read pin") { db in try unliftedPin(db, of: certificate) }
    }

    /// Every pin that a certificate ever had, newest first, the lifted ones with their end.
    package func pins(of certificate: String) throws(HistoryError) -> [PastPin] {
        try read("read pins") { db in try pins(db, of: certificate, limit: nil) }
    }

    /// The newest pins of a certificate.
    func pins(_ db: Database, of certificate: String, limit: Int?) throws -> [PastPin] {
        let sql = "SELECT * FROM pin WHERE certificate = ? ORDER BY id DESC LIMIT ?"
        // To SQLite a negative limit is none.
        return try Query(sql: sql, arguments: [certificate, limit ?? -1])
            .fetchAll(db, PastPin.init)
    }

    /// Sets a pin; one that holds already is lifted by it, at that moment and by that actor.
    package func setPin(_ pin: Pin) throws(HistoryError) {
        try write("set pin") { db in
            try lift(db, of: pin.certificate, at: pin.at, by: pin.actor)
            try db.execute(
                sql: """
                    INSERT INTO pin (certificate, version, reason, actor, pinned_at, pinned_until)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    pin.certificate, pin.version, pin.reason, pin.actor, Timestamp.text(pin.at),
                    pin.until.map(Timestamp.text),
                ]
            )
        }
    }

    /// Lifts the pin of a certificate and says which it was; nil, and nothing changes, without one.
    @discardableResult
    package func removePin(
        of certificate: String,
        at: Date = Date(),
        by actor: String? = nil
    ) throws(HistoryError) -> Pin? {
        try write("remove pin") { db in
            let pin = try unliftedPin(db, of: certificate)
            try lift(db, of: certificate, at: at, by: actor)
            return pin
        }
    }

    /// Lifts a pin and, in the same transaction, refuses the version that it kept away.
    ///
    /// So there is no moment at which a crash would let that version in again.
    ///
    /// A nil `deployment` is no refusal: nothing was live.
    package func removePin(
        of certificate: String,
        refusing deployment: NewDeployment?,
        reason: String,
        at: Date,
        by actor: String
    ) throws(HistoryError) {
        try write("remove pin") { db in
            try lift(db, of: certificate, at: at, by: actor)
            try deployment?.insert(db, refusedFor: reason, at: at)
        }
    }

    private func unliftedPin(_ db: Database, of certificate: String) throws -> Pin? {
        try Query.unliftedPin(of: certificate).fetchFirst(db, Pin.init)
    }

    private func lift(
        _ db: Database,
        of certificate: String,
        at: Date,
        by actor: String?
    ) throws {
        try db.execute(
            sql: """
                UPDATE pin SET removed_at = ?, removed_by = ?
                WHERE certificate = ? AND removed_at IS NULL
                """,
            arguments: [Timestamp.text(at), actor, certificate]
        )
    }
}

/// A pin and how it ended; `removedAt` is nil for the one that nobody has lifted.
package struct PastPin: Sendable, Codable, Hashable {
    package var pin: Pin
    package var removedAt: Date?
    package var removedBy: String?

    package init(pin: Pin, removedAt: Date? = nil, removedBy: String? = nil) {
        self.pin = pin
        self.removedAt = removedAt
        self.removedBy = removedBy
    }
}

extension Pin {
    init(_ row: ResultRow) throws {
        self.init(
            certificate: try row.read("certificate"),
            version: try row.read("version"),
            reason: try row.readIfPresent("reason"),
            actor: try row.read("actor"),
            at: try row.date("pinned_at"),
            until: try row.dateIfPresent("pinned_until")
        )
    }
}

extension PastPin {
    init(_ row: ResultRow) throws {
        self.init(
            pin: try Pin(row),
            removedAt: try row.dateIfPresent("removed_at"),
            removedBy: try row.readIfPresent("removed_by")
        )
    }
}
