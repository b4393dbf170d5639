import History

extension Model {
    /// An earlier version becomes live, as in any deployment.
    ///
    /// - Returns: Whether there is a version to go back to.
    mutating func rollback(_ name: Int, to target: Target, pins: Bool) throws(Killed) -> Bool {
        try recover()
        guard let version = version(target, of: certificates[name]),
            version != certificates[name].live
        else { return false }
        return try rollback([(name, version)], pins: pins)
    }

    /// What the last pass has deployed, and is still live, gives way to what it took the place of.
    mutating func rollbackOfPass(pins: Bool) throws(Killed) -> Bool {
        try recover()
        guard let lastPass else { return false }
        var steps: [(name: Int, version: Int)] = []
        for (name, certificate) in certificates.enumerated() {
            guard let row = certificate.rows.last(where: { $0.run == lastPass }),
                row.outcome == .deployed, row.version == certificate.live,
                let previous = row.previous, previous != row.version
            else { continue }
            steps.append((name, previous))
        }
        guard !steps.isEmpty else { return false }
        return try rollback(steps, pins: pins)
    }

    /// All of them or none; each is pinned, or what was live is refused.
    private mutating func rollback(
        _ steps: [(name: Int, version: Int)],
        pins: Bool
    ) throws(Killed) -> Bool {
        let before = certificates
        for (name, version) in steps {
            guard before[name].vault[version].flaw != .expired, before[name].isAtHand(version)
            else { return false }
        }
        for (name, version) in steps {
            certificates[name].pin = Pin(
                version: version,
                reason: "rollback",
                isByCommand: isCommand,
                replaced: before[name].pin.map { [$0] } ?? []
            )
        }
        let outcomes = try deploy(
            steps.map { name, version in
                ModelCandidate(
                    name: name,
                    version: version,
                    previous: before[name].live,
                    trigger: .rollback
                )
            }
        )
        for (name, _) in steps {
            guard outcomes[name] == .deployed else {
                certificates[name].pin = before[name].pin
                continue
            }
            if !pins { refuse(before[name].live, of: name) }
        }
        return true
    }

    /// The pin gives way to the refusal of what was live.
    private mutating func refuse(_ version: Int?, of name: Int) {
        certificates[name].pin = nil
        guard let version else { return }
        certificates[name].rows.append(
            Row(
                version: version,
                previous: nil,
                trigger: .rollback,
                outcome: .rolledBack,
                order: next(),
                run: currentRun
            )
        )
        certificates[name].refused.insert(version)
    }

    private func version(_ target: Target, of certificate: Certificate) -> Int? {
        switch target {
        case .version(let age):
            let version = certificate.newest - age
            let isUsable =
                certificate.recorded.contains(version)
                && !certificate.vault[version].flaw.isUnreadable
            return isUsable ? version : nil
        case .steps(let steps): return good(steps: steps, before: certificate.live, of: certificate)
        }
    }

    /// The version that was good so many versions before another.
    func good(steps: Int, before version: Int?, of certificate: Certificate) -> Int? {
        var good: [Int] = []
        for row in certificate.rows where row.outcome == .deployed {
            if !good.contains(row.version), !certificate.refused.contains(row.version) {
                good.append(row.version)
            }
        }
        let earlier = good.prefix { $0 != version }
        return earlier.count >= steps ? earlier[earlier.count - steps] : nil
    }
}
