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

    /// Records what the vault says of one certificate, and decides.
    private mutating func look(at name: Int) -> ModelCandidate? {
        var certificate = certificates[name]
        defer { certificates[name] = certificate }
        let (newest, target) = (certificate.newest, certificate.target)
        let isKnown = certificate.recorded.contains(newest)
        let flaw = certificate.vault[target].flaw
        let isLive = target == certificate.live
        // What is live is mended, whatever else is said of it.
        let isWanted = isLive ? !certificate.isIntact : !certificate.refused.contains(target)
        let isDeployed =
            isWanted
            && (isLive || !flaw.isUnreadable && flaw != .expired && flaw != .notYetValid)
        // The vault is asked for files that are neither new nor whole in the store.
        let isFetched = isDeployed && (isKnown || target != newest)
        certificate.isUnanswered =
            !certificate.vault[newest].isEnabled
            || isFetched && !certificate.isAtHand(target)
        if certificate.isUnanswered { return nil }
        if !isKnown { certificate.recorded.append(newest) }
        certificate.latest = newest
        if target != newest, let pin = certificate.pin {
            let last = certificate.last(newest)
            if last == nil || last?.outcome == .held {
                hold(newest, because: pin.explanation, &certificate)
            }
        }
        if isDeployed {
            return ModelCandidate(
                name: name,
                version: target,
                previous: certificate.live,
                trigger: isLive ? .drift : .sync
            )
        }
        guard isWanted else { return nil }
        if flaw == .notYetValid {
            hold(target, because: "not yet valid", &certificate)
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
    private mutating func runOwedHooks() throws(Killed) {
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
