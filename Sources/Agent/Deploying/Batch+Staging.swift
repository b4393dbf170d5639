import History
import Store

extension Batch {
    /// How many versions are put on the disk at a time.
    ///
    /// What several flush together, the disk does in one go; and each takes a handful of
    /// descriptors, of which a process may have no more than 1,024.
    private static let mostAtOnce = 4

    /// Puts the files of all members on the disk, and ends those for which that fails; nothing
    /// live is touched.
    ///
    /// - Throws: `HistoryError`.
    mutating func stage() async throws {
        let agent = agent
        let candidates = members.map(\.candidate)
        let results = await withTaskGroup(of: (Int, Result<Bool, StoreError>).self) { group in
            var waiting = candidates.indices.makeIterator()
            func startNext() {
                guard let index = waiting.next() else { return }
                group.addTask {
                    (index, Result { () throws(StoreError) in try agent.stage(candidates[index]) })
                }
            }
            for _ in 0..<Self.mostAtOnce { startNext() }
            var results: [Int: Result<Bool, StoreError>] = [:]
            for await (index, result) in group {
                results[index] = result
                startNext()
            }
            return results
        }
        var placed: [ObservedCertificate] = []
        for index in members.indices {
            switch results[index] {
            case .success(true): placed.append(candidates[index].certificate)
            case .success(false), nil: continue
            case .failure(let error): end(index, as: .failed, error.explained)
            }
        }
        try agent.recordPlacements(of: placed)
    }
}

extension Agent {
    /// Puts the files of a candidate on the disk, if they are at hand.
    ///
    /// - Returns: Whether they were.
    fileprivate func stage(_ candidate: Candidate) throws(StoreError) -> Bool {
        guard let pem = candidate.files else { return false }
        let certificate = candidate.certificate
        let files: [VersionFile]
        do {
            files = try withFormats(pem, version: candidate.version, of: certificate)
        } catch {
            // What a crash left live was whole before it was switched to, and its hooks are owed
            // whatever has become of the password since; the next pass says what.
            guard candidate.trigger == .recovery else { throw error }
            return false
        }
        _ = try store(of: certificate).stage(
            files,
            of: candidate.name,
            version: candidate.version,
            access: certificate.access
        )
        return true
    }
}
