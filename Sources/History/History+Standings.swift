import Foundation
import GRDB

extension Query {
    /// The pins that nobody has lifted.
    package static let unliftedPins = Query(
        sql: "SELECT * FROM pin WHERE removed_at IS NULL",
        arguments: []
    )

    /// The newest closed row of versions, each with its place among those asked for.
    package static func lastDeployments(of versions: [AskedVersion]) -> Query {
        Query(
            sql: """
                SELECT asked.key AS place, \(LastDeployment.columns)
                FROM json_each(?) AS asked
                CROSS JOIN deployment AS d ON d.id = \(AskedVersion.newestRow("outcome IS NOT NULL"))
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }
}

extension History {
    /// How certificates stand, in the order of the questions: four statements on one state of the
    /// database, however many certificates there are and however long the ledger is.
    package func standings(
        _ questions: [StandingQuestion]
    ) throws(HistoryError) -> [CertificateStanding] {
        try read("read how certificates stand") { db in
            var standings = questions.map { _ in CertificateStanding() }
            var pins: [String: Pin] = [:]
            try Query.unliftedPins.forEach(db) { row in
                let pin = try Pin(row)
                pins[pin.certificate] = pin
            }
            var live = AskedVersions()
            var offered = AskedVersions()
            for (place, question) in questions.enumerated() {
                let name = question.certificate
                standings[place].pin = pins[name]
                if let current = question.current { live.add(name, current, for: place) }
                if let latest = question.latest, latest != question.current {
                    offered.add(name, latest, for: place)
                }
            }
            try db.readLive(live, into: &standings)
            try Query.lastDeployments(of: offered.versions).forEach(db) { row in
                let place = offered.places[try row.read("place")]
                standings[place].lastOfLatest = try LastDeployment(row)
            }
            for (place, question) in questions.enumerated()
            where question.latest == question.current {
                standings[place].lastOfLatest = standings[place].lastOfCurrent
            }
            return standings
        }
    }
}
