import Foundation
import GRDB

extension History {
    /// Opens a row of the ledger, before anything is switched.
    ///
    /// - Returns: Its id, to close it with.
    package func begin(_ deployment: NewDeployment) throws(HistoryError) -> Int64 {
        try write("begin deployment") { db in
            try deployment.insert(db, ending: nil)
        }
    }

    /// Closes an open row.
    ///
    /// A reason given at the beginning stays where none is given now.
    ///
    /// - Throws: Also when there is no such open row: nothing is closed twice.
    package func finish(
        _ id: Int64,
        as outcome: Outcome,
        reason: String?,
        error: String?,
        at: Date
    ) throws(HistoryError) {
        try write("finish deployment") { db in
            let ending = Ending(outcome: outcome, reason: reason, error: error, at: at)
            try ending.close(id, db)
        }
    }

    /// Closes an open row and, in the same transaction, opens the row of what takes over its work.
    ///
    /// So there is no moment at which a crash could lose the hooks that the old row owed.
    ///
    /// - Returns: The id of the new row.
    package func finish(
        _ id: Int64,
        as outcome: Outcome,
        error: String?,
        at: Date,
        takenOverBy next: NewDeployment
    ) throws(HistoryError) -> Int64 {
        try write("take over deployment") { db in
            try Ending(outcome: outcome, reason: nil, error: error, at: at).close(id, db)
            return try next.insert(db, ending: nil)
        }
    }

    /// Closes an open row and, in the same transaction, notes hooks that must still run.
    package func finish(
        _ id: Int64,
        as outcome: Outcome,
        error: String?,
        at: Date,
        owing hooks: [OwedHook]
    ) throws(HistoryError) {
        try write("finish deployment") { db in
            try Ending(outcome: outcome, reason: nil, error: error, at: at).close(id, db)
            for hook in hooks { try hook.insertOrCount(db) }
        }
    }

    /// Adds a hook's run to a deployment, open or closed; private keys in its output are cut out.
    ///
    /// Output that the database refuses even so is left out: what one hook prints must not keep
    /// the pass from going on with the other certificates.
    package func record(
        _ run: HookRunRecord,
        of deployment: Int64
    ) throws(HistoryError) {
        try write("record hook run") { db in
            do {
                try run.insert(db, of: deployment)
            } catch let error as DatabaseError
                where error.extendedResultCode == .SQLITE_CONSTRAINT_CHECK
            {
                var bare = run
                bare.output = "<output left out>"
                bare.error = run.error.map { _ in "<error left out>" }
                try bare.insert(db, of: deployment)
            }
        }
    }

    /// Writes a row that is closed from the start, for a version that was not tried.
    @discardableResult
    package func recordRefusal(
        _ deployment: NewDeployment,
        outcome: Outcome,
        reason: String?,
        error: String?,
        at: Date
    ) throws(HistoryError) -> Int64 {
        try write("record refusal") { db in
            let ending = Ending(outcome: outcome, reason: reason, error: error, at: at)
            return try deployment.insert(db, ending: ending)
        }
    }

    /// What was under way when the last process died, in the order in which it was begun.
    package func openDeployments() throws(HistoryError) -> [Deployment] {
        try read("read open deployments") { db in
            try deployments(db, Query.openDeployments)
        }
    }

    /// What was tried, newest first, with hook runs and the facts of each version.
    package func deployments(_ filter: HistoryFilter) throws(HistoryError) -> [Deployment] {
        try read("read deployments") { db in
            try deployments(db, Query.deployments(filter))
        }
    }

    /// What became last of a certificate, or of one version of it; open rows don't count.
    package func lastDeployment(
        of certificate: String,
        version: String?
    ) throws(HistoryError) -> Deployment? {
        try read("read last deployment") { db in
            try deployments(db, Query.lastDeployment(of: certificate, version: version)).first
        }
    }

    /// What one pass did, by the beginning of its run ID, in the order in which it was begun.
    ///
    /// Where more than one run ID begins so, the rows of all of them.
    package func deployments(ofRun prefix: String) throws(HistoryError) -> [Deployment] {
        try read("read deployments of a run") { db in
            try deployments(db, Query.deployments(ofRun: prefix))
        }
    }

    /// The versions of a certificate that were live and that nobody refuses now, in the order in
    /// which they first went live, with what each took the place of then.
    package func deployedVersions(
        of certificate: String
    ) throws(HistoryError) -> [(version: String, previousVersion: String?)] {
        try read("read deployed versions") { db in
            try Query.deployedVersions(of: certificate).fetchAll(db) { row in
                (try row.read("version"), try row.readIfPresent("previous_version"))
            }
        }
    }

    /// The newest other version of a certificate that was ever live; nil when there is none.
    package func lastGood(
        before version: String,
        of certificate: String
    ) throws(HistoryError) -> String? {
        try read("read last good version") { db in
            try Query.lastGood(before: version, of: certificate)
                .fetchFirst(db) { try $0.read("version") }
        }
    }
}

extension History {
    /// The rows that `query` finds, each with its hook runs: two statements, however many rows.
    func deployments(_ db: Database, _ query: Query) throws -> [Deployment] {
        var deployments = try query.fetchAll(db, Deployment.init)
        guard !deployments.isEmpty else { return [] }
        var runs: [Int64: [HookRunRecord]] = [:]
        try Query.hookRuns(of: deployments.map(\.id)).forEach(db) { row in
            runs[try row.read("deployment_id"), default: []].append(try HookRunRecord(row))
        }
        for index in deployments.indices {
            deployments[index].hookRuns = runs[deployments[index].id] ?? []
        }
        return deployments
    }
}

/// How a deployment ended.
struct Ending {
    let outcome: Outcome
    let reason: String?
    let error: String?
    let at: Date

    /// Closes the row, which must be open.
    func close(_ id: Int64, _ db: Database) throws {
        try db.reuse(
            """
            UPDATE deployment
            SET outcome = :outcome, finished_at = :at,
                reason = coalesce(:reason, reason), error = :error
            WHERE id = :id AND outcome IS NULL
            """,
            [
                "id": id,
                "outcome": outcome.rawValue,
                "at": Timestamp.text(at),
                "reason": reason.map(withoutPrivateKeys),
                "error": error.map(withoutPrivateKeys),
            ]
        )
        guard db.changesCount == 1 else {
            throw Refused(cause: "deployment \(id) is not open")
        }
    }
}

extension NewDeployment {
    /// Adds the row of a version that was live and is refused from now on.
    func insert(_ db: Database, refusedFor reason: String, at: Date) throws {
        let ending = Ending(outcome: .rolledBack, reason: reason, error: nil, at: at)
        _ = try insert(db, ending: ending)
    }

    func insert(_ db: Database, ending: Ending?) throws -> Int64 {
        try db.reuse(
            """
            INSERT INTO deployment (
                certificate, version, previous_version, "trigger", actor, run_id, started_at,
                outcome, reason, error, finished_at
            ) VALUES (
                :certificate, :version, :previousVersion, :trigger, :actor, :runID, :startedAt,
                :outcome, :reason, :error, :finishedAt
            )
            """,
            [
                "certificate": certificate,
                "version": version,
                "previousVersion": previousVersion,
                "trigger": trigger.rawValue,
                "actor": actor,
                "runID": runID,
                "startedAt": Timestamp.text(startedAt),
                "outcome": ending?.outcome.rawValue,
                "reason": (ending?.reason ?? reason).map(withoutPrivateKeys),
                "error": ending?.error.map(withoutPrivateKeys),
                "finishedAt": ending.map { Timestamp.text($0.at) },
            ]
        )
        return db.lastInsertedRowID
    }
}

extension HookRunRecord {
    fileprivate func insert(_ db: Database, of deployment: Int64) throws {
        try db.execute(
            sql: """
                INSERT INTO hook_run (
                    deployment_id, name, phase, started_at, exit_code, signal, timed_out,
                    duration_ms, output, error
                ) VALUES (
                    :deployment, :name, :phase, :startedAt, :exitCode, :signal, :timedOut,
                    :durationMs, :output, :error
                )
                """,
            arguments: [
                "deployment": deployment,
                "name": name,
                "phase": phase,
                "startedAt": Timestamp.text(startedAt),
                "exitCode": exitCode,
                "signal": signal,
                "timedOut": timedOut,
                "durationMs": durationMs,
                "output": withoutPrivateKeys(output),
                "error": error.map(withoutPrivateKeys),
            ]
        )
    }

    init(_ row: ResultRow) throws {
        self.init(
            name: try row.read("name"),
            phase: try row.read("phase"),
            startedAt: try row.date("started_at"),
            exitCode: try row.readIfPresent("exit_code"),
            signal: try row.readIfPresent("signal"),
            timedOut: try row.read("timed_out"),
            durationMs: try row.read("duration_ms"),
            output: try row.read("output"),
            error: try row.readIfPresent("error")
        )
    }
}
