import GRDB

/// A question to the ledger: SQL and what is bound in it.
///
/// The questions that must stay fast however long the ledger grows stand here as values, so that
/// a test can ask SQLite how it would answer each of them.
package struct Query {
    package let sql: String
    package let arguments: StatementArguments

    // A pass asks the same of every certificate, so what is prepared is kept.

    /// Every row, decoded while it is at hand.
    func fetchAll<Value>(_ db: Database, _ decode: (ResultRow) throws -> Value) throws -> [Value] {
        var values: [Value] = []
        try forEach(db) { values.append(try decode($0)) }
        return values
    }

    /// Reads every row while it is at hand.
    func forEach(_ db: Database, _ read: (ResultRow) throws -> Void) throws {
        let rows = try rows(db)
        while let row = try rows.next() { try read(row) }
    }

    /// The first row, likewise; nil where there is none.
    func fetchFirst<Value>(_ db: Database, _ decode: (ResultRow) throws -> Value) throws -> Value? {
        try rows(db).next().map(decode)
    }

    /// Whether there is a row.
    func finds(_ db: Database) throws -> Bool { try rows(db).next() != nil }

    private func rows(_ db: Database) throws -> ResultRows {
        try ResultRows(db.cachedStatement(sql: sql), arguments)
    }
}

extension Query {
    private static let selectVersions =
        "SELECT version.*, \(files(of: "version")) AS files FROM version"

    /// What a version was written as: a line for each file, as sha256sum(1) has it.
    static func files(of version: String) -> String {
        """
        (
            SELECT group_concat(sha256 || ' ' || name, char(10))
            FROM version_file WHERE version_id = \(version).id
        )
        """
    }

    /// Every version, in the order in which they came.
    static let everyVersion = "\(selectVersions) ORDER BY id"

    package static func version(_ version: String, of certificate: String) -> Query {
        Query(
            sql: "\(selectVersions) WHERE certificate = ? AND version = ?",
            arguments: [certificate, version]
        )
    }

    package static func versions(of certificate: String) -> Query {
        Query(
            sql: "\(selectVersions) WHERE certificate = ? ORDER BY id DESC",
            arguments: [certificate]
        )
    }
}

extension Query {
    private static let selectDeployments = """
        SELECT d.*, v.thumbprint, v.sha256, v.not_before, v.not_after
        FROM deployment AS d
        LEFT JOIN version AS v ON v.certificate = d.certificate AND v.version = d.version
        """

    /// Every deployment, in the order in which they began.
    static let everyDeployment = "\(selectDeployments) ORDER BY d.id"

    /// What was tried, newest first.
    ///
    /// Between two moments, and of every certificate, "newest" goes by the clock and not by the
    /// id: then the index of moments gives the order, and a small limit ends the search at once.
    package static func deployments(_ filter: HistoryFilter) -> Query {
        let isByTime = filter.certificate == nil && (filter.since ?? filter.until) != nil
        var conditions: [String] = []
        var arguments = StatementArguments()
        func add(_ condition: String, _ value: String) {
            conditions.append(condition)
            arguments += [value]
        }
        if let certificate = filter.certificate { add("d.certificate = ?", certificate) }
        if let version = filter.version { add("d.version = ?", version) }
        // SQLite doesn't know which index leaves the fewest rows. A unary + keeps it from those
        // that would not (https://www.sqlite.org/optoverview.html).
        if let outcome = filter.outcome {
            let isRarer = filter.trigger?.isUsual ?? true
            let leads =
                !isByTime && filter.version == nil && (filter.certificate != nil || isRarer)
            add("\(leads ? "" : "+")d.outcome = ?", outcome.rawValue)
        }
        if let trigger = filter.trigger {
            let isRarer = filter.outcome == nil || !trigger.isUsual
            let leads = !isByTime && filter.certificate == nil && isRarer
            add("\(leads ? "" : "+")d.\"trigger\" = ?", trigger.rawValue)
        }
        if let since = filter.since { add("d.started_at >= ?", Timestamp.text(since)) }
        if let until = filter.until { add("d.started_at < ?", Timestamp.text(until)) }
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        // To SQLite a negative limit is none.
        arguments += [filter.limit.map { max(0, $0) } ?? -1]
        let order = isByTime ? "d.started_at DESC, d.id DESC" : "d.id DESC"
        return Query(
            sql: "\(selectDeployments) \(condition) ORDER BY \(order) LIMIT ?",
            arguments: arguments
        )
    }

    /// What was under way when the process died, in the order in which it was begun.
    package static let openDeployments = Query(
        sql: "\(selectDeployments) WHERE d.outcome IS NULL ORDER BY d.id",
        arguments: []
    )

    /// The newest closed row, of one version where one is given.
    package static func lastDeployment(of certificate: String, version: String?) -> Query {
        let condition = version == nil ? "" : "AND d.version = :version"
        var arguments: StatementArguments = ["certificate": certificate]
        if let version { arguments += ["version": version] }
        return Query(
            sql: """
                \(selectDeployments)
                WHERE d.certificate = :certificate \(condition) AND d.outcome IS NOT NULL
                ORDER BY d.id DESC LIMIT 1
                """,
            arguments: arguments
        )
    }

    /// The newest refusal of a version that neither a retry nor a later deployment has ended.
    package static func refusal(of version: String, of certificate: String) -> Query {
        Query(
            sql: """
                \(selectDeployments)
                WHERE d.certificate = :certificate AND d.version = :version
                    AND +d.outcome IN (\(refusals)) AND \(stillStanding)
                ORDER BY d.id DESC LIMIT 1
                """,
            arguments: ["certificate": certificate, "version": version]
        )
    }

    /// Which versions of a certificate are refused.
    package static func refusedVersions(of certificate: String) -> Query {
        Query(
            sql: """
                SELECT DISTINCT +d.version FROM deployment AS d
                WHERE d.certificate = :certificate
                    AND d.outcome IN (\(refusals)) AND \(stillStanding)
                """,
            arguments: ["certificate": certificate]
        )
    }

    /// What was done under the run IDs that begin so.
    package static func deployments(ofRun prefix: String) -> Query {
        Query(
            sql: """
                \(selectDeployments)
                WHERE d.run_id >= :prefix AND d.run_id < :prefix || char(0x10FFFF) ORDER BY +d.id
                """,
            arguments: ["prefix": prefix]
        )
    }

    /// Each version that was live and isn't refused, with its first such row.
    package static func deployedVersions(of certificate: String) -> Query {
        Query(
            sql: """
                SELECT version, previous_version, min(id) FROM deployment
                WHERE certificate = :certificate AND outcome = 'deployed'
                    AND version NOT IN (\(refusedVersions(of: certificate).sql))
                GROUP BY version ORDER BY min(id)
                """,
            arguments: ["certificate": certificate]
        )
    }

    /// The newest version other than `version` that was ever live.
    package static func lastGood(before version: String, of certificate: String) -> Query {
        Query(
            sql: """
                SELECT version FROM deployment
                WHERE certificate = ? AND outcome = 'deployed' AND version <> ?
                ORDER BY id DESC LIMIT 1
                """,
            arguments: [certificate, version]
        )
    }

    /// Whether neither a retry nor a later deployment has ended the refusal that is row `d`.
    ///
    /// The unary + is there for the reason given above: a certificate has many deployed rows, and
    /// a version few.
    private static let stillStanding = """
        d.id > (
            SELECT coalesce(max(through_deployment_id), 0) FROM retry
            WHERE retry.certificate = d.certificate
        )
        AND NOT EXISTS (
            SELECT 1 FROM deployment AS later
            WHERE later.certificate = d.certificate AND later.version = d.version
                AND +later.outcome = 'deployed' AND later.id > d.id
        )
        """

    private static let refusals = Outcome.allCases.filter(\.isRefusal)
        .map { "'\($0.rawValue)'" }
        .joined(separator: ", ")

    /// The hook runs of the deployments whose ids are in a JSON array, in the order they ran.
    ///
    /// One bound array and not a list of question marks, of which SQLite allows so many only.
    package static func hookRuns(of deployments: [Int64]) -> Query {
        Query(
            sql: """
                SELECT * FROM hook_run
                WHERE deployment_id IN (SELECT value FROM json_each(?)) ORDER BY id
                """,
            arguments: ["[" + deployments.map(String.init).joined(separator: ",") + "]"]
        )
    }
}

extension Trigger {
    /// Whether most of the ledger is of this trigger.
    fileprivate var isUsual: Bool {
        switch self {
        case .poll, .sync: true
        case .rollback, .drift, .recovery: false
        }
    }
}
