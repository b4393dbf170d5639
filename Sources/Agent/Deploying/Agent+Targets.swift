import History
import PKI
import Sensitive
import Store
import SystemPackage

extension Agent {
    /// Puts a certificate's links in place and writes its copies beside theirs, so that the switch
    /// has only renames left to do.
    ///
    /// Links lead through `current`, so they may be there before the switch.
    ///
    /// - Returns: The copies that differ from what lies in their places.
    /// - Throws: A `StoreError` that names the target; copies that were written are removed again.
    ///   A `HistoryError`.
    func prepareTargets(
        of certificate: ObservedCertificate,
        version: String
    ) throws -> [StagedCopy] {
        let known = try knownTargets(of: certificate)
        var copies: [StagedCopy] = []
        do {
            for target in certificate.allTargets {
                let standing = certificate.standing(of: target, known: known)
                switch target.kind {
                case .link:
                    if try !store(of: certificate).isLinked(target, to: certificate.name) {
                        try store(of: certificate).link(
                            target,
                            to: certificate.name,
                            standing: standing
                        )
                    }
                    try history.record(TargetRecord(target, of: certificate.name, sha256: nil))
                case .copy:
                    let file = try versionFile(target.file, of: certificate, version: version)
                    let copy = try store(of: certificate).stageCopy(
                        target,
                        of: file,
                        standing: standing
                    )
                    if let copy { copies.append(copy) }
                    try history.record(
                        TargetRecord(
                            target,
                            of: certificate.name,
                            sha256: copy == nil
                                ? file.contents.sha256 : known[target.path.string]?.sha256
                        )
                    )
                }
            }
        } catch {
            for copy in copies { copy.discard() }
            throw error
        }
        return copies
    }

    /// Puts staged copies in their places.
    ///
    /// - Throws: A `StoreError`; those before the one that it names are in their places then.
    ///   A `HistoryError`.
    func commit(
        _ copies: [StagedCopy],
        of certificate: ObservedCertificate,
        version: String
    ) throws {
        for copy in copies {
            let file = try versionFile(copy.target.file, of: certificate, version: version)
            try copy.commit()
            try history.record(
                TargetRecord(copy.target, of: certificate.name, sha256: file.contents.sha256)
            )
        }
    }

    /// Makes links and copies those of a version that is live already; without one, removes the
    /// copies.
    ///
    /// - Throws: A `StoreError`, a `HistoryError`.
    func putTargets(of certificate: ObservedCertificate, version: String?) throws {
        guard !certificate.allTargets.isEmpty else { return }
        guard let version else {
            let known = try knownTargets(of: certificate)
            for target in certificate.allTargets where target.kind != .link {
                guard let record = known[target.path.string], record.kind == .copy else { continue }
                let written = WrittenBytes(of: record, in: [store(of: certificate)])
                _ = try FormerTarget(path: target.path, kind: .copy)
                    .remove { (bytes) throws(StoreError) in try written.contain(bytes) }
            }
            return
        }
        let copies = try prepareTargets(of: certificate, version: version)
        do {
            try commit(copies, of: certificate, version: version)
        } catch {
            for copy in copies { copy.discard() }
            throw error
        }
    }

    private func knownTargets(
        of certificate: ObservedCertificate
    ) throws(HistoryError) -> [String: TargetRecord] {
        guard !certificate.allTargets.isEmpty else { return [:] }
        return Dictionary(try history.targets().map { ($0.path, $0) }) { first, _ in first }
    }

    /// A file of a version as it lies in the store.
    ///
    /// - Throws: A `StoreError` also when there is no such file.
    func versionFile(
        _ name: String,
        of certificate: ObservedCertificate,
        version: String
    ) throws(StoreError) -> VersionFile {
        let store = store(of: certificate)
        guard let bytes = try store.read(name, of: certificate.name, version: version) else {
            throw StoreError(
                operation: "read",
                path: store.versionDirectory(of: certificate.name, version: version)
                    .appending(name).string,
                cause: "the version has no such file"
            )
        }
        return VersionFile(stored: name, bytes)
    }
}

extension ObservedCertificate {
    /// What is known of a target's place.
    func standing(of target: Target, known: [String: TargetRecord]) -> TargetStanding {
        let isOfLayout = extensionPlace != nil && !targets.contains(target)
        return TargetStanding(
            isOurs: known[target.path.string].map { $0.kind == TargetRecord.Kind(target) } ?? false,
            takesOverLinksTo: isOfLayout ? "\(extensionName)." : nil
        )
    }
}

extension TargetRecord {
    init(_ target: Target, of certificate: String, sha256: String?) {
        self.init(
            path: target.path.string,
            certificate: certificate,
            kind: Kind(target),
            sha256: sha256
        )
    }
}

extension TargetRecord.Kind {
    init(_ target: Target) {
        self = target.kind == .link ? .link : .copy
    }
}
