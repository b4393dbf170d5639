import History

/// What the policy, as it usually is, says of versions.
extension Model.Certificate {
    /// The rules that hold a version while another is live, in their order.
    func holds(_ version: Int) -> [String] {
        let flaw = vault[version].flaw
        let flawOfTheLive = live.map { vault[$0].flaw }
        var rules: [String] = []
        if flaw == .fewerNames, let flawOfTheLive, flawOfTheLive != .fewerNames {
            rules.append("sanLoss")
        }
        if let flawOfTheLive, flaw.age < flawOfTheLive.age { rules.append("olderVersion") }
        if flaw == .expired { rules.append("expired") }
        if flaw == .notYetValid { rules.append("notYetValid") }
        return rules
    }

    func reasonToHold(_ version: Int) -> String { holds(version).joined(separator: "; ") }

    /// Whether something is to be done about the target: what is live is mended, whatever else is
    /// said of it.
    var isWanted: Bool { target == live ? !isIntact : !refused.contains(target) }

    /// Whether the target is to be made live.
    ///
    /// One that a person has chosen is not examined.
    var isToDeploy: Bool {
        guard isWanted else { return false }
        if target == live { return true }
        guard !vault[target].flaw.isUnreadable else { return false }
        return heldVersion != nil || approved.contains(target) || holds(target).isEmpty
    }
}

extension Model {
    /// Lets the newest version through, if the policy holds it and the ledger says so already.
    ///
    /// - Returns: Whether it was not refused to do so.
    mutating func approve(_ name: Int) throws(Killed) -> Bool {
        try recover()
        try runOwedHooks()
        guard ask(about: name) else {
            noteDisabled(name)
            return true
        }
        let certificate = certificates[name]
        let newest = certificate.newest
        let isHeld =
            certificate.heldVersion == nil && newest != certificate.live && certificate.isWanted
            && !certificate.vault[newest].flaw.isUnreadable && !certificate.isToDeploy
        guard isHeld else { return false }
        let last = certificate.last(newest)
        let isSeen =
            last?.outcome == .held
            && certificate.holds(newest).allSatisfy { last?.reason?.contains($0) == true }
        if isSeen { certificates[name].approved.insert(newest) }
        let candidate = look(at: name)
        try deploy(candidate.map { [$0] } ?? [])
        return isSeen
    }
}
