import GRDB
import Testing

@testable import History

@Suite("Private keys in what hooks print")
struct PrivateKeyTests {
    private static let body = "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg"

    private static func key(_ kind: String = "") -> String {
        "-----BEGIN \(kind)PRIVATE KEY-----\n\(body)\n-----END \(kind)PRIVATE KEY-----"
    }

    @Test(
        "A private key is cut out of a text, whatever is left of it",
        arguments: [
            ("reloaded\n", "reloaded\n"),
            ("", ""),
            ("-----BEGIN CERTIFICATE-----\nMIIB\n", "-----BEGIN CERTIFICATE-----\nMIIB\n"),
            (key(), "<redacted>"),
            ("a\n\(key())\nb\n", "a\n<redacted>\nb\n"),
            ("a\n\(key("RSA "))\nb\n\(key("EC "))\nc", "a\n<redacted>\nb\n<redacted>\nc"),
            ("\(key("ENCRYPTED "))\n\(key())\n", "<redacted>\n"),
            // The first line was cut off, or the last one.
            ("\(body)\n-----END PRIVATE KEY-----\nb", "<redacted>\nb"),
            ("a\n-----BEGIN PRIVATE KEY-----\n\(body)\n", "a\n<redacted>"),
            // One after the other without a newline between.
            ("\(key())\(key())\nb", "<redacted>\nb"),
            // Windows' line ends, and JSON.
            (
                "a\r\n-----BEGIN PRIVATE KEY-----\r\n\(body)\r\n-----END PRIVATE KEY-----\r\nb",
                "a\n<redacted>\nb"
            ),
            (
                #"{"key":"-----BEGIN PRIVATE KEY-----\nMIG\n-----END PRIVATE KEY-----"}"#,
                "<redacted>"
            ),
            // An accent on the last hyphen of a line, which makes it another character.
            ("a\n-----BEGIN PRIVATE KEY-----\u{301}\n\(body)", "a\n<redacted>"),
            ("\(body)\n-----END PRIVATE KEY-----\u{301}\nb", "<redacted>\nb"),
            (
                "-----BEGIN PRIVATE KEY-----\u{301}\n\(body)\n-----\u{301}END PRIVATE KEY-----",
                "<redacted>"
            ),
        ]
    )
    func cutOut(text: String, rest: String) {
        #expect(withoutPrivateKeys(text) == rest)
    }

    @Test("A private key that a hook prints does not get into the file")
    func notInTheFile() throws {
        try withHistory { history, path in
            let key = Self.key()
            let id = try history.begin(.sample(version(1), reason: key))
            var run = HookRunRecord.sample(output: "deployed\n\(key)\n")
            run.error = key
            try history.record(run, of: id)
            try history.finish(id, as: .failed, reason: key, error: key, at: time(3))
            try history.recordRefusal(
                .sample(version(2), reason: key),
                outcome: .rejected,
                reason: nil,
                error: key,
                at: time(4)
            )
            #expect(try history.deployments(HistoryFilter()).count == 2)
            for ending in ["", "-wal"] {
                let bytes = try contents(of: path + ending)
                #expect(!bytes.contains(Self.body) && !bytes.contains("PRIVATE KEY-----\n"))
            }
        }
    }

    @Test("Output that the database refuses all the same is left out, and the run is kept")
    func refusedByTheDatabase() throws {
        try withHistory { history, path in
            let id = try history.begin(.sample(version(1)))
            // A stricter rule than the program's, as a program with a hole would meet it.
            try raw(path).write { db in
                let sql = "SELECT sql FROM sqlite_master WHERE name = 'hook_run'"
                let table = try #require(try String.fetchOne(db, sql: sql))
                try db.execute(sql: "DROP TABLE hook_run")
                try db.execute(sql: table.replacing("'PRIVATE KEY-----'", with: "'SECRET'"))
            }
            var run = HookRunRecord.sample(output: "a SECRET\n")
            run.error = "another SECRET"
            try history.record(run, of: id)
            let kept = try history.deployments(HistoryFilter()).first?.hookRuns.first
            #expect(kept?.output == "<output left out>" && kept?.error == "<error left out>")
            #expect(kept?.name == run.name && kept?.exitCode == 0)
        }
    }
}
