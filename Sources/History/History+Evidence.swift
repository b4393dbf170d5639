import GRDB

/// Which certificate's live version something is to be read of.
package struct LiveVersionQuestion: Sendable {
    package var certificate: String

    /// The version that is live; nil where none is.
    package var version: String?

    /// The directory that holds `<certificate>/current`.
    package var location: String

    package init(certificate: String, version: String?, location: String) {
        self.certificate = certificate
        self.version = version
        self.location = location
    }
}

/// What the ledger says of a certificate while its newest version isn't known yet.
package struct LiveEvidence: Sendable {
    package var certificate: String

    /// The version that is live.
    package var version: String?

    /// What is on record of it.
    package var record: VersionRecord?

    /// The pin that was not lifted.
    package var pin: Pin?

    /// What its files were given last.
    package var placement: PlacementRecord?
}

/// What the ledger says of a certificate whose newest version has to be decided on.
package struct Evidence: Sendable {
    /// The version that should be live.
    package var target: String

    /// What is on record of the target; nil when it was never fetched.
    package var record: VersionRecord?

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
    /// What there is to say of live versions: three statements on one state of the database,
    /// however many certificates there are.
    ///
    /// - Parameter questions: The certificates.
    /// - Returns: The answers, in the order of the questions.
    /// - Throws: A ``HistoryError``.
    package func liveEvidence(
        of questions: [LiveVersionQuestion]
    ) throws(HistoryError) -> [LiveEvidence] {
        try read("read what is known of certificates") { db in
            let versions = questions.compactMap { question in
                question.version.map { AskedVersion(question.certificate, $0) }
            }
            var records: [String: VersionRecord] = [:]
            try Query.records(of: versions, withFiles: true).forEach(db) { row in
                let record = try VersionRecord(row)
                records[record.certificate] = record
            }
            var pins: [String: Pin] = [:]
            try Query.unliftedPins.forEach(db) { row in
                let pin = try Pin(row)
                pins[pin.certificate] = pin
            }
            let locations = Dictionary(
                questions.map { ($0.certificate, $0.location) },
                uniquingKeysWith: { $1 }
            )
            var placements: [String: PlacementRecord] = [:]
            try Query.placements.forEach(db) { row in
                let placement = try PlacementRecord(row)
                guard locations[placement.certificate] == placement.location else { return }
                placements[placement.certificate] = placement
            }
            return questions.map { question in
                let name = question.certificate
                return LiveEvidence(
                    certificate: name,
                    version: question.version,
                    record: records[name],
                    pin: pins[name],
                    placement: placements[name]
                )
            }
        }
    }

    /// What there is to decide on `target` by: of the live version nothing more is read.
    ///
    /// - Parameters:
    ///   - target: The version that should be live.
    ///   - live: What is known of the one that is.
    /// - Returns: All that the ledger has to say of the target, from one state of the database.
    /// - Throws: A ``HistoryError``.
    package func evidence(
        on target: String,
        beside live: LiveEvidence
    ) throws(HistoryError) -> Evidence {
        var evidence = Evidence(target: target)
        guard target != live.version else {
            evidence.record = live.record
            return evidence
        }
        let certificate = live.certificate
        try read("read what is known of a version") { db in
            evidence.record = try Query.version(target, of: certificate)
                .fetchFirst(db, VersionRecord.init)
            let last = Query.lastDeployment(of: certificate, version: target)
            evidence.wasIgnored = try last.fetchFirst(db, Deployment.init)?.outcome == .ignored
            evidence.refusal = try Query.refusal(of: target, of: certificate)
                .fetchFirst(db, Deployment.init)
            if let current = live.version {
                evidence.isOlderOnRecord =
                    try Query.order(of: target, and: current, of: certificate)
                    .fetchFirst(db) { try $0.read("is_before") } ?? false
            }
            evidence.contents =
                try Query.examination(of: target, of: certificate)
                .fetchFirst(db, Examination.init)?.findings ?? []
            evidence.approval = try Query.approval(of: target, of: certificate)
                .fetchFirst(db, Approval.init)
        }
        return evidence
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
