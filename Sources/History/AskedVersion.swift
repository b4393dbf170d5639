import Foundation

/// A version of a certificate that something is to be read of.
package struct AskedVersion: Sendable {
    let certificate: String
    let version: String

    package init(_ certificate: String, _ version: String) {
        self.certificate = certificate
        self.version = version
    }

    /// Its certificate and its version in SQL, of a row `asked` of json_each.
    static let certificateInSQL = "json_extract(asked.value, '$[0]')"
    static let versionInSQL = "json_extract(asked.value, '$[1]')"

    /// The id of its newest deployment of which a condition is true, as SQL in brackets.
    static func newestRow(_ condition: String) -> String {
        """
        (
            SELECT id FROM deployment
            WHERE certificate = \(certificateInSQL) AND version = \(versionInSQL)
                AND \(condition)
            ORDER BY id DESC LIMIT 1
        )
        """
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

/// Versions that something is to be read of, and which answer each belongs to.
struct AskedVersions {
    private(set) var versions: [AskedVersion] = []
    private(set) var places: [Int] = []

    mutating func add(_ certificate: String, _ version: String, for place: Int) {
        versions.append(AskedVersion(certificate, version))
        places.append(place)
    }
}
