import Agent
import History

extension Model {
    private struct Member {
        let candidate: ModelCandidate
        let row: Int
        /// Nil while the version is live.
        var outcome: Outcome?
        var isSuspect = false
        var isOwing = false

        var name: Int { candidate.name }
        var version: Int { candidate.version }
    }

    /// Takes versions through check, switch, deploy and reload as one batch; one that goes back as
    /// a whole is tried again in halves.
    ///
    /// - Returns: What became of each certificate.
    @discardableResult
    mutating func deploy(_ candidates: [ModelCandidate]) throws(Killed) -> [Int: Outcome] {
        var members = candidates.map { Member(candidate: $0, row: $0.row ?? open($0)) }
        for member in members { stage(member) }
        for index in members.indices { try check(&members[index]) }
        for member in members where member.outcome == nil {
            certificates[member.name].live = member.version
        }
        for index in members.indices where members[index].outcome == nil {
            try runHooks(.deploy, for: [index], of: &members)
        }
        try runHooks(
            .reload,
            for: members.indices.filter { members[$0].outcome == nil },
            of: &members
        )
        for member in members { close(member) }
        var outcomes: [Int: Outcome] = [:]
        for member in members { outcomes[member.name] = member.outcome ?? .deployed }
        var suspects = members.filter(\.isSuspect).map(\.candidate)
        for index in suspects.indices {
            suspects[index].isChecked = true
            suspects[index].row = nil
        }
        guard !suspects.isEmpty else { return outcomes }
        let middle = (suspects.count + 1) / 2
        for half in [suspects[..<middle], suspects[middle...]] {
            outcomes.merge(try deploy(Array(half))) { _, later in later }
        }
        return outcomes
    }

    private mutating func open(_ candidate: ModelCandidate) -> Int {
        certificates[candidate.name].rows.append(
            Row(
                version: candidate.version,
                previous: candidate.previous,
                trigger: candidate.trigger,
                order: next(),
                isRollback: candidate.trigger == .rollback,
                run: currentRun
            )
        )
        return certificates[candidate.name].rows.count - 1
    }

    /// All are on the disk before the first hook is asked.
    private mutating func stage(_ member: Member) {
        certificates[member.name].stored.insert(member.version)
        // A recovery does without the vault.
        guard member.candidate.trigger != .recovery else { return }
        certificates[member.name].damaged.remove(member.version)
    }

    private mutating func check(_ member: inout Member) throws(Killed) {
        guard member.candidate.trigger != .recovery, !member.candidate.isChecked else { return }
        let end = try run(
            .check,
            for: [(member.name, member.version)],
            noting: [(member.name, member.row)]
        )
        switch end {
        case .success: break
        case .later: member.outcome = .held
        case .failure: member.outcome = .rejected
        }
    }

    private mutating func runHooks(
        _ phase: Phase,
        for indices: [Int],
        of members: inout [Member]
    ) throws(Killed) {
        guard !indices.isEmpty else { return }
        let end = try run(
            phase,
            for: indices.map { (members[$0].name, members[$0].version) },
            noting: indices.map { (members[$0].name, members[$0].row) }
        )
        switch (end, onFailure) {
        case (.success, _):
            for index in indices { settle(phase, members[index].name, members[index].version) }
        case (.later, _), (.failure, .retry):
            for index in indices { owe(phase, members[index].name, members[index].version) }
        case (.failure, .keep): break
        case (.failure, .rollback): try goBack(from: phase, indices, of: &members)
        }
    }

    /// What was live before is so again, and its hooks run again.
    private mutating func goBack(
        from phase: Phase,
        _ indices: [Int],
        of members: inout [Member]
    ) throws(Killed) {
        for index in indices {
            makeLive(members[index].candidate.previous, again: members[index].name)
            members[index].outcome = .rolledBack
        }
        let back = indices.filter { members[$0].candidate.previous != nil }
        for index in back { try runAgain(.deploy, for: [index], of: &members) }
        guard phase == .reload, !back.isEmpty else { return }
        try runAgain(.reload, for: back, of: &members)
        guard indices.count > 1, !back.contains(where: { members[$0].isOwing }) else { return }
        for index in indices {
            members[index].isSuspect = true
            members[index].outcome = .failed
        }
    }

    private mutating func runAgain(
        _ phase: Phase,
        for indices: [Int],
        of members: inout [Member]
    ) throws(Killed) {
        let back = indices.compactMap { index in
            members[index].candidate.previous.map { (name: members[index].name, version: $0) }
        }
        let rows = indices.map { (name: members[$0].name, row: members[$0].row) }
        if try run(phase, for: back, noting: rows) == .success {
            for (name, version) in back { settle(phase, name, version) }
        } else {
            for (name, version) in back { owe(phase, name, version) }
            for index in indices { members[index].isOwing = true }
        }
    }

    /// Closes the row, and forgets what is of use no more.
    private mutating func close(_ member: Member) {
        let outcome = member.outcome ?? .deployed
        let name = member.name
        certificates[name].rows[member.row].outcome = outcome
        switch outcome {
        case .rejected, .rolledBack: certificates[name].refused.insert(member.version)
        case .deployed:
            certificates[name].refused.remove(member.version)
            certificates[name].owed.removeAll { $0.version != member.version }
            prune(member.candidate)
        default: break
        }
    }

    /// The newest versions stay in the store, and with them what is live, pinned, or was good last,
    /// what is newer and waits, and what something is owed or open for.
    private mutating func prune(_ candidate: ModelCandidate) {
        let certificate = certificates[candidate.name]
        var kept = Set(certificate.recorded.suffix(Self.keepVersions))
        kept.insert(candidate.version)
        if let previous = candidate.previous { kept.insert(previous) }
        if let pin = certificate.pin { kept.insert(pin.version) }
        let good = certificate.rows.last {
            $0.outcome == .deployed && $0.version != candidate.version
        }
        if let good { kept.insert(good.version) }
        if let earlier = self.good(steps: 1, before: candidate.version, of: certificate) {
            kept.insert(earlier)
        }
        let newer = certificate.recorded.drop { $0 != candidate.version }.dropFirst()
        kept.formUnion(newer.filter { certificate.last($0)?.outcome == .held })
        kept.formUnion(certificate.owed.map(\.version))
        for row in certificate.rows where row.outcome == nil {
            kept.insert(row.version)
            if let previous = row.previous { kept.insert(previous) }
        }
        certificates[candidate.name].stored.formIntersection(kept)
        certificates[candidate.name].damaged.formIntersection(kept)
    }
}

extension Model {
    /// Runs one hook for versions that are live, or will be.
    mutating func run(
        _ phase: Phase,
        for versions: [(name: Int, version: Int)],
        noting rows: [(name: Int, row: Int)]
    ) throws(Killed) -> End {
        if let fatal, fatal.phase == phase {
            if fatal.hook == 1 { throw Killed() }
            self.fatal = (phase, fatal.hook - 1)
        }
        var end = ends[phase] ?? .success
        if end == .success {
            let all = versions.map { certificates[$0.name].vault[$0.version].flaw.end(phase) }
            end = all.contains(.failure) ? .failure : all.contains(.later) ? .later : .success
        }
        for (name, row) in rows {
            certificates[name].rows[row].runs.append(Run(phase: phase, end: end))
        }
        return end
    }

    /// Nothing is owed any more for the version that was live until now.
    mutating func makeLive(_ previous: Int?, again name: Int) {
        certificates[name].live = previous
        certificates[name].owed.removeAll { $0.version != previous }
    }

    mutating func owe(_ phase: Phase, _ name: Int, _ version: Int) {
        let debts = certificates[name].owed
        guard !debts.contains(where: { $0.phase == phase && $0.version == version }) else {
            return
        }
        certificates[name].owed.append(Debt(version: version, phase: phase, order: next()))
    }

    mutating func settle(_ phase: Phase, _ name: Int, _ version: Int) {
        certificates[name].owed.removeAll { $0.phase == phase && $0.version == version }
    }
}
