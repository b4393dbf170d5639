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
                SELECT asked.key AS place, d.*, v.thumbprint, v.sha256, v.not_before, v.not_after
                FROM json_each(?) AS asked
                CROSS JOIN deployment AS d ON d.id = (
                    SELECT id FROM deployment
                    WHERE certificate = json_extract(asked.value, '$[0]')
                        AND version = json_extract(asked.value, '$[1]')
                        AND outcome IS NOT NULL
                    ORDER BY id DESC LIMIT 1
                )
                LEFT JOIN version AS v ON v.certificate = d.certificate AND v.version = d.version
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
    /// How certificates stand, in the order of the questions: seven statements on one state of the
    /// database, however many certificates there are and however long the ledger is.
    package func standings(
        _ questions: [StandingQuestion]
    ) throws(HistoryError) -> [CertificateStanding] {
        try read("read how certificates stand") { db in
            let pins = try Query.unliftedPins.fetchAll(db, Pin.init)
            let pinByName = Dictionary(pins.map { ($0.certificate, $0) }) { _, newer in newer }
            var live: [AskedVersion] = []
            var offered: [AskedVersion] = []
            for question in questions {
                let name = question.certificate
                if let current = question.current { live.append(AskedVersion(name, current)) }
                if let latest = question.latest, latest != question.current {
                    offered.append(AskedVersion(name, latest))
                }
            }
            let last = try lastDeployments(db, of: live + offered)
            let examined = try liveExaminations(db, of: live, last: Array(last[..<live.count]))
            var nextLive = 0
            var nextOffered = live.count
            return questions.map { question in
                var standing = CertificateStanding()
                standing.pin = pinByName[question.certificate]
                if question.current != nil {
                    standing.lastOfCurrent = last[nextLive]
                    standing.live = examined[nextLive]
                    nextLive += 1
                }
                if question.latest == question.current {
                    standing.lastOfLatest = standing.lastOfCurrent
                } else if question.latest != nil {
                    standing.lastOfLatest = last[nextOffered]
                    nextOffered += 1
                }
                return standing
            }
        }
    }

    /// The newest closed row of each version, in the order asked for.
    private func lastDeployments(
        _ db: Database,
        of versions: [AskedVersion]
    ) throws -> [Deployment?] {
        var found: [Deployment?] = Array(repeating: nil, count: versions.count)
        try Query.lastDeployments(of: versions).forEach(db) { row in
            found[try row.read("place")] = try Deployment(row)
        }
        return found
    }
}
