import Foundation
import GRDB
import PKI
import SystemPackage
import TestSupport

@testable import History

/// A version by its number, 32 hex as Key Vault's are.
func version(_ number: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 32 - digits.count) + digits
}

/// A moment: so many seconds after the first of all tests.
func time(_ seconds: Double) -> Date {
    Date(timeIntervalSince1970: 1_795_504_800 + seconds)
}

/// A SHA-256 that is made of one digit.
func digest(_ digit: Character) -> String {
    String(repeating: digit, count: 64)
}

/// A new history with the certificates "web" and "api", and its path.
@discardableResult
func withHistory<Result>(
    _ body: (_ history: History, _ path: String) throws -> Result
) throws -> Result {
    try withTemporaryDirectory { directory in
        let path = directory.appending("history.db").string
        let history = try History.open(at: path)
        try history.register(
            certificate: "web",
            url: "https://contoso.vault.azure.net/secrets/web",
            at: time(0)
        )
        try history.register(
            certificate: "api",
            url: "https://contoso.vault.azure.net/secrets/api",
            at: time(0)
        )
        return try body(history, path)
    }
}

extension LedgerDigest {
    static let sha256 = LedgerDigest { PKI.sha256($0) }
}

extension History {
    /// With the digest that all tests have.
    static func open(at path: String) throws(HistoryError) -> History {
        try open(at: path, digest: .sha256)
    }

    /// Likewise.
    static func openSettingAsideDamage(
        at path: String,
        now: Date,
        after opened: History? = nil
    ) throws(HistoryError) -> (History, setAside: String?) {
        try openSettingAsideDamage(at: path, now: now, digest: .sha256, after: opened)
    }
}

/// Another program's connection to the file, which knows nothing of kvagent.
func raw(_ path: String) throws -> DatabaseQueue {
    try DatabaseQueue(path: path)
}

/// A connection that has kvagent's function but none of its manners.
func forging(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.prepareDatabase { db in
        db.add(function: LedgerDigest.sha256.sqlFunction)
    }
    return try DatabaseQueue(path: path, configuration: configuration)
}

extension NewDeployment {
    /// A deployment of "web" by a poll, with what a test cares for.
    static func sample(
        _ version: String,
        of certificate: String = "web",
        trigger: Trigger = .poll,
        reason: String? = nil,
        at: Date = time(1),
        previous: String? = nil
    ) -> NewDeployment {
        NewDeployment(
            certificate: certificate,
            version: version,
            trigger: trigger,
            actor: "kvagent",
            reason: reason,
            startedAt: at,
            previousVersion: previous,
            runID: "run-1"
        )
    }
}

extension VersionRecord {
    /// A version of "web" as read from a certificate.
    static func sample(
        _ version: String,
        of certificate: String = "web",
        at: Date = time(1)
    ) -> VersionRecord {
        VersionRecord(
            certificate: certificate,
            version: version,
            thumbprint: String(repeating: "A", count: 40),
            sha256: digest("b"),
            subject: "CN=www.contoso.com",
            issuer: "CN=Contoso Issuing",
            serialNumber: "0102FF",
            dnsNames: ["www.contoso.com", "bücher.example"],
            keyType: "EC P-256",
            notBefore: time(-86_400),
            notAfter: time(86_400 * 90),
            contentType: "application/x-pkcs12",
            fetchedAt: at,
            files: ["privkey.pem": digest("1"), "fullchain.pem": digest("2")]
        )
    }
}

extension HookRunRecord {
    /// A reload that went well.
    static func sample(_ name: String = "reload/50-nginx", output: String = "ok\n") -> Self {
        HookRunRecord(
            name: name,
            phase: "reload",
            startedAt: time(2),
            exitCode: 0,
            durationMs: 120,
            output: output
        )
    }
}

extension History {
    /// A deployment of "web" from beginning to end.
    @discardableResult
    func deploy(
        _ version: String,
        of certificate: String = "web",
        as outcome: Outcome = .deployed,
        at: Date = time(1)
    ) throws -> Int64 {
        let id = try begin(.sample(version, of: certificate, at: at))
        try finish(id, as: outcome, reason: nil, error: nil, at: at + 1)
        return id
    }
}

/// The one text that a statement of another program comes to.
func text(_ path: String, _ sql: String) throws -> String? {
    try raw(path).read { db in try String.fetchOne(db, sql: sql) }
}

/// A file's bytes as text in which each is one character, to be searched.
func contents(of path: String) throws -> String {
    String(String.UnicodeScalarView(try readFile(FilePath(path)).map { UnicodeScalar($0) }))
}

/// Does `sql` as somebody would who wants to leave no trace: without triggers and checks.
func forge(_ path: String, _ sql: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path, configuration: configuration).write { db in
        let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for name in try String.fetchAll(db, sql: triggers) {
            try db.execute(sql: "DROP TRIGGER \(name)")
        }
        try db.execute(sql: sql)
    }
}
