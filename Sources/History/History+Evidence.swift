import GRDB

/// What the ledger says of a certificate whose newest version has to be decided on.
package struct Evidence: Sendable {
    package var pin: Pin?

    /// The version that should be live.
    package var target: String

    /// What is on record of the target; nil when it was never fetched.
    package var record: VersionRecord?

    /// What is on record of the live version.
    package var currentRecord: VersionRecord?

    /// Why the target was refused before, unless a retry was asked for since.
    ///
    /// This and what follows is about a target that is to become live; of one that is, it isn't
    /// read.
    package var refusal: Deployment?

    /// Whether the target was found to be no certificate.
    package var wasIgnored = false

    /// Whether the target was on record before the live version.
    package var isOlderOnRecord = false

    /// What was found in the target while its secret was at hand.
    package var contents: [Examination.Finding] = []

    /// Who has let the target through, if anybody.
    package var approval: Approval?
}

extension History {
    /// What there is to decide by, from one state of the database.
    ///
    /// - Parameters:
    ///   - certificate: Its name.
    ///   - current: The version that is live.
    ///   - target: The version that should be live, given the pin that was not lifted.
    /// - Returns: All that the ledger has to say of the two.
    /// - Throws: A ``HistoryError``.
    package func evidence(
        of certificate: String,
        current: String?,
        target: (Pin?) -> String
    ) throws(HistoryError) -> Evidence {
        try read("read what is known of a certificate") { db in
            let pin = try Query.unliftedPin(of: certificate).fetchFirst(db, Pin.init)
            func record(_ version: String) throws -> VersionRecord? {
                try Query.version(version, of: certificate).fetchFirst(db, VersionRecord.init)
            }
            var evidence = Evidence(pin: pin, target: target(pin))
            evidence.record = try record(evidence.target)
            guard evidence.target != current else {
                evidence.currentRecord = evidence.record
                return evidence
            }
            evidence.currentRecord = try current.flatMap(record)
            try complete(&evidence, db, of: certificate, current: current)
            return evidence
        }
    }

    private func complete(
        _ evidence: inout Evidence,
        _ db: Database,
        of certificate: String,
        current: String?
    ) throws {
        let target = evidence.target
        let last = Query.lastDeployment(of: certificate, version: target)
        evidence.wasIgnored = try last.fetchFirst(db, Deployment.init)?.outcome == .ignored
        evidence.refusal = try Query.refusal(of: target, of: certificate).fetchFirst(
            db,
            Deployment.init
        )
        if let current {
            evidence.isOlderOnRecord =
                try Query.order(of: target, and: current, of: certificate)
                .fetchOne(db)?.read("is_before") ?? false
        }
        evidence.contents =
            try Query.examination(of: target, of: certificate).fetchFirst(db, Examination.init)?
            .findings ?? []
        evidence.approval = try Query.approval(of: target, of: certificate).fetchFirst(
            db,
            Approval.init
        )
    }
}

extension Query {
    /// The pin that was not lifted.
    package static func unliftedPin(of certificate: String) -> Query {
        Query(
            sql: "SELECT * FROM pin WHERE certificate = ? AND removed_at IS NULL",
            arguments: [certificate]
        )
    }
}
