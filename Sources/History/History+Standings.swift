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
                CROSS JOIN deployment AS d ON d.id = (
                    SELECT id FROM deployment
                    WHERE certificate = json_extract(asked.value, '$[0]')
                        AND version = json_extract(asked.value, '$[1]')
                        AND outcome IS NOT NULL
                    ORDER BY id DESC LIMIT 1
                )
                """,
            arguments: [AskedVersion.json(versions)]
        )
    }
}

/// A version of a certificate that something is to be read of.
package struct AskedVersion: Sendable {
    let certificate: String
    let version: String

    package init(_ certificate: String, _ version: String) {
        self.certificate = certificate
        self.version = version
    }

    /// Pairs as SQLite's json_each takes them: one bound text, however many there are.
    static func json(_ versions: [AskedVersion]) -> String {
        var json: [UInt8] = [UInt8(ascii: "[")]
        for version in versions {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            json.append(UInt8(ascii: "["))
            append(version.certificate, to: &json)
            json.append(UInt8(ascii: ","))
            append(version.version, to: &json)
            json.append(UInt8(ascii: "]"))
        }
        json.append(UInt8(ascii: "]"))
        return String(decoding: json, as: UTF8.self)
    }

    /// A JSON string; names and versions need no escapes, and an encoder takes longer than the query.
    private static func append(_ text: String, to json: inout [UInt8]) {
        let plain: (UInt8) -> Bool = {
            (0x20..<0x7F).contains($0) && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        // Bytes beside each other are looked through several times as fast as a string's view of them.
        let isPlain = unsafe text.utf8.withContiguousStorageIfAvailable {
            unsafe $0.allSatisfy(plain)
        }
        guard isPlain ?? text.utf8.allSatisfy(plain) else {
            // Encoding a string can't fail.
            json += (try? JSONEncoder().encode(text)) ?? Data("\"\"".utf8)
            return
        }
        json.append(UInt8(ascii: "\""))
        json += text.utf8
        json.append(UInt8(ascii: "\""))
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
            var live = Asked()
            var offered = Asked()
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
                standings[offered.places[try row.read("place")]].lastOfLatest = try LastDeployment(
                    row
                )
            }
            for (place, question) in questions.enumerated()
            where question.latest == question.current {
                standings[place].lastOfLatest = standings[place].lastOfCurrent
            }
            return standings
        }
    }
}

/// Versions that something is to be read of, and which answer each belongs to.
struct Asked {
    private(set) var versions: [AskedVersion] = []
    private(set) var places: [Int] = []

    mutating func add(_ certificate: String, _ version: String, for place: Int) {
        versions.append(AskedVersion(certificate, version))
        places.append(place)
    }
}
