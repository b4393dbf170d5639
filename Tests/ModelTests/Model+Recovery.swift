import Agent
import History

extension Model {
    /// Finishes what a killed process left: what is live gets its hooks again, unless one had
    /// failed for it; then what was live before does.
    mutating func recover() throws(Killed) {
        var open: [(name: Int, row: Int)] = []
        for name in certificates.indices {
            let rows = certificates[name].rows
            open += rows.indices.filter { rows[$0].outcome == nil }.map { (name, $0) }
        }
        open.sort {
            certificates[$0.name].rows[$0.row].order < certificates[$1.name].rows[$1.row].order
        }
        var candidates: [ModelCandidate] = []
        for (name, index) in open {
            let row = certificates[name].rows[index]
            let hasFailed = hasFailed(row)
            if certificates[name].live == row.version, hasFailed, onFailure == .rollback {
                makeLive(row.previous, again: name)
            }
            let live = certificates[name].live
            if live == row.version {
                certificates[name].rows[index].outcome = .interrupted
                var candidate = ModelCandidate(
                    name: name,
                    version: row.version,
                    previous: row.previous,
                    trigger: .recovery
                )
                certificates[name].rows.append(
                    Row(
                        version: row.version,
                        previous: row.previous,
                        trigger: .recovery,
                        order: next(),
                        isRollback: row.isRollback,
                        run: currentRun
                    )
                )
                candidate.row = certificates[name].rows.count - 1
                candidates.append(candidate)
                continue
            }
            certificates[name].rows[index].outcome = hasFailed ? .rolledBack : .interrupted
            if hasFailed {
                certificates[name].refused.insert(row.version)
                if row.isRollback { endRollback(name, to: row.version) }
            }
            if let live, live == row.previous, row.runs.contains(where: { $0.phase != .check }) {
                for phase in [Phase.deploy, .reload] { owe(phase, name, live) }
            }
        }
        let rows = candidates.map { candidate in
            candidate.row.map { certificates[candidate.name].rows[$0] }
        }
        let outcomes = try deploy(candidates)
        for (candidate, row) in zip(candidates, rows)
        where row?.isRollback == true && outcomes[candidate.name] != .deployed {
            endRollback(candidate.name, to: candidate.version)
        }
    }

    /// The pin of a rollback that failed gives way to the one that was there before.
    private mutating func endRollback(_ name: Int, to version: Int) {
        guard let pin = certificates[name].pin, pin.version == version else { return }
        certificates[name].pin = pin.replaced.first
    }

    /// Whether the first run of one of its hooks found the version bad; later runs are for the
    /// version that came back.
    private func hasFailed(_ row: Row) -> Bool {
        [Phase.deploy, .reload].contains { phase in
            row.runs.first { $0.phase == phase }?.end == .failure
        }
    }
}
