import History

/// The versions of one certificate, to find the one among them that a person means.
package struct RecordedVersions: Sendable {
    /// The live version.
    package let current: String?

    /// Every version on record that was a certificate, newest fetched first.
    package let versions: [VersionRecord]

    /// Those that were live and good, each once, in the order in which they first went live: a
    /// version that was rolled back to is still as old as it was, so a second rollback goes
    /// further back and not forward again.
    package let deployed: [String]

    /// - Throws: `HistoryError`.
    package init(of certificate: String, current: String?, history: History?) throws {
        self.current = current
        versions = try history?.versions(of: certificate).filter { $0.thumbprint != nil } ?? []
        let rows = try history?.deployedVersions(of: certificate) ?? []
        let deployed = rows.map(\.version)
        // What the oldest on record took the place of was live too, though a history that was
        // begun anew has no row of its own for it.
        guard let replaced = rows.first?.previousVersion, !deployed.contains(replaced),
            try history?.refusal(of: replaced, of: certificate) == nil
        else {
            self.deployed = deployed
            return
        }
        self.deployed = [replaced] + deployed
    }

    /// The version that is meant, the live one too.
    ///
    /// - Throws: ``Refusal`` that says what there is instead.
    package func version(_ target: RollbackTarget) throws(Refusal) -> VersionRecord {
        try target.find(current: current, versions: versions, deployed: deployed)
    }
}
