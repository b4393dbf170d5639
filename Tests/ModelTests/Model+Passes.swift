import History

/// A version on its way through the phases.
struct ModelCandidate {
    let name: Int
    let version: Int
    let previous: Int?
    let trigger: Trigger
    var isChecked = false

    /// The row that is open for it already.
    var row: Int?
}

extension Model {
    /// What a crash left is finished, what is owed is run, what is new is deployed as one batch.
    mutating func pass(over names: [Int]) throws(Killed) {
        try recover()
        try runOwedHooks()
        var candidates: [ModelCandidate] = []
        for name in names {
            if let candidate = look(at: name) { candidates.append(candidate) }
        }
        try deploy(candidates)
    }

    /// Records what the vault says of one certificate.
    ///
    /// - Returns: Whether it gives an answer that can be used.
    mutating func ask(about name: Int) -> Bool {
        var certificate = certificates[name]
        defer { certificates[name] = certificate }
        let (newest, target) = (certificate.newest, certificate.target)
        let isKnown = certificate.recorded.contains(newest)
        // The vault is asked for files that are neither new nor whole in the store.
        let isFetched = certificate.isToDeploy && (isKnown || target != newest)
        certificate.isUnanswered =
            !certificate.vault[newest].isEnabled
            || isFetched && !certificate.isAtHand(target)
        certificate.isUnmendable = false
        if certificate.isUnanswered { return false }
        if !isKnown { certificate.recorded.append(newest) }
        certificate.latest = newest
        return true
    }

    /// Records what the vault says of one certificate, and decides.
    mutating func look(at name: Int) -> ModelCandidate? {
        guard ask(about: name) else {
            noteDisabled(name)
            return nil
        }
        return decide(on: name) ?? mend(name)
    }

    /// A newest version that is disabled, and not live, has a row that says so.
    mutating func noteDisabled(_ name: Int) {
        var certificate = certificates[name]
        defer { certificates[name] = certificate }
        let newest = certificate.newest
        guard !certificate.vault[newest].isEnabled, newest != certificate.live else { return }
        let last = certificate.last(newest)
        guard last == nil || last?.outcome == .held else { return }
        let reason =
            "403 Forbidden (SecretDisabled); enable the newest version, or wait until there is a newer one"
        hold(newest, because: reason, &certificate)
    }

    /// What is live is mended whatever becomes of the newest version.
    private mutating func mend(_ name: Int) -> ModelCandidate? {
        guard let live = certificates[name].live, !certificates[name].isIntact else { return nil }
        guard certificates[name].vault[live].isEnabled else {
            certificates[name].isUnmendable = true
            return nil
        }
        return ModelCandidate(name: name, version: live, previous: live, trigger: .drift)
    }

    private mutating func decide(on name: Int) -> ModelCandidate? {
        var certificate = certificates[name]
        defer { certificates[name] = certificate }
        let (newest, target) = (certificate.newest, certificate.target)
        if target != newest, let pin = certificate.pin {
            let last = certificate.last(newest)
            if last == nil || last?.outcome == .held {
                hold(newest, because: pin.explanation, &certificate)
            }
        }
        if certificate.isToDeploy {
            return ModelCandidate(
                name: name,
                version: target,
                previous: certificate.live,
                trigger: target == certificate.live ? .drift : .sync
            )
        }
        guard certificate.isWanted else { return nil }
        if !certificate.vault[target].flaw.isUnreadable {
            hold(target, because: certificate.reasonToHold(target), &certificate)
        } else {
            certificate.rows.append(
                Row(
                    version: target,
                    previous: certificate.live,
                    trigger: .sync,
                    outcome: .rejected,
                    order: next(),
                    run: currentRun
                )
            )
            certificate.refused.insert(target)
        }
        return nil
    }

    /// A version that waits is one row for each reason, however often it is seen.
    private mutating func hold(
        _ version: Int,
        because reason: String,
        _ certificate: inout Certificate
    ) {
        let last = certificate.last(version)
        guard last?.outcome != .held || last?.reason != reason else { return }
        certificate.rows.append(
            Row(
                version: version,
                previous: certificate.live,
                trigger: .sync,
                outcome: .held,
                reason: reason,
                order: next(),
                run: currentRun
            )
        )
    }

    /// What is owed for a version that is no longer live is forgotten, the rest runs until it
    /// succeeds: a reload hook once for all that owe it.
    mutating func runOwedHooks() throws(Killed) {
        for name in certificates.indices {
            let live = certificates[name].live
            certificates[name].owed.removeAll { $0.version != live }
        }
        let all = certificates.indices.flatMap { name in
            certificates[name].owed.map { (name: name, debt: $0) }
        }
        var groups: [(phase: Phase, names: [Int])] = []
        for (name, debt) in all.sorted(by: { $0.debt.order < $1.debt.order }) {
            let group = groups.firstIndex { $0.phase == .reload && debt.phase == .reload }
            if let group {
                groups[group].names.append(name)
            } else {
                groups.append((debt.phase, [name]))
            }
        }
        for (phase, names) in groups {
            let owing = names.compactMap { name in
                certificates[name].live.map { (name: name, version: $0) }
            }
            let rows = owing.compactMap { name, version in
                certificates[name].rows.lastIndex { $0.version == version && $0.outcome != nil }
                    .map { (name: name, row: $0) }
            }
            let end = try run(phase, for: owing, noting: rows)
            for (name, version) in owing where end == .success {
                settle(phase, name, version)
            }
        }
    }
}
