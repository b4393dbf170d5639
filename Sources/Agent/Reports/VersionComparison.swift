import Foundation

/// The rules of `kvagent diff`, over what is known of two versions.
///
/// | what | is a loss when |
/// |---|---|
/// | DNS names | one is gone and no wildcard of the newer one covers it |
/// | validity | it is shorter by more than an hour |
/// | end of validity | it is earlier |
/// | key | it is of the same kind and smaller |
/// | chain | it was complete and is not |
struct VersionComparison {
    let from: VersionFacts
    let to: VersionFacts

    /// Whether the key's file is known to be the same, on disk or not.
    let hasSameKeyFile: Bool

    /// What differs, in the order of the fields.
    var changes: [VersionDiff.Change] {
        VersionDiff.Field.allCases.compactMap(change)
    }

    /// What can't be told without files that aren't there.
    var unknown: [VersionDiff.Field] {
        var fields: [VersionDiff.Field] = isKeyChanged == nil ? [.publicKeySha256] : []
        let isKnown = from.signatureAlgorithm != nil && to.signatureAlgorithm != nil
        if !isKnown { fields += [.signatureAlgorithm, .chain] }
        if from.isChainComplete == nil || to.isChainComplete == nil {
            fields.append(.isChainComplete)
        }
        return fields
    }

    var removedNames: [String] { from.dnsNames.filter { !to.dnsNames.contains($0) } }

    var isKeyChanged: Bool? {
        if let old = from.publicKeySha256, let new = to.publicKeySha256 { return old != new }
        if hasSameKeyFile { return false }
        return from.keyType != to.keyType ? true : nil
    }

    private func change(_ field: VersionDiff.Field) -> VersionDiff.Change? {
        switch field {
        case .subject: change(field, from.subject, to.subject)
        case .dnsNames:
            // Their order says nothing.
            Set(from.dnsNames) == Set(to.dnsNames)
                ? nil
                : change(
                    field,
                    from.dnsNames.joined(separator: " "),
                    to.dnsNames.joined(separator: " "),
                    isLoss: removedNames.contains { !isCovered($0) }
                )
        case .issuer: change(field, from.issuer, to.issuer)
        case .keyType: change(field, from.keyType, to.keyType, isLoss: isKeySmaller)
        case .publicKeySha256:
            isKeyChanged == true ? change(field, from.publicKeySha256, to.publicKeySha256) : nil
        case .validity: ofValidity
        case .notBefore: change(field, from.notBefore?.rfc3339, to.notBefore?.rfc3339)
        case .notAfter:
            change(
                field,
                from.notAfter?.rfc3339,
                to.notAfter?.rfc3339,
                isLoss: isEarlier(to.notAfter, than: from.notAfter)
            )
        case .serialNumber: change(field, from.serialNumber, to.serialNumber)
        case .signatureAlgorithm:
            whenKnown(change(field, from.signatureAlgorithm, to.signatureAlgorithm))
        case .chain: whenKnown(ofChain)
        case .isChainComplete:
            from.isChainComplete == nil || to.isChainComplete == nil
                ? nil
                : change(
                    field,
                    from.isChainComplete.map { "\($0)" },
                    to.isChainComplete.map { "\($0)" },
                    isLoss: to.isChainComplete == false
                )
        }
    }

    private func change(
        _ field: VersionDiff.Field,
        _ old: String?,
        _ new: String?,
        isLoss: Bool = false
    ) -> VersionDiff.Change? {
        guard old != new else { return nil }
        return VersionDiff.Change(field: field, from: old, to: new, isLoss: isLoss)
    }

    private func whenKnown(_ change: VersionDiff.Change?) -> VersionDiff.Change? {
        from.signatureAlgorithm == nil || to.signatureAlgorithm == nil ? nil : change
    }

    private var ofChain: VersionDiff.Change? {
        guard from.chain.map(\.sha256) != to.chain.map(\.sha256) else { return nil }
        func names(_ chain: [ChainLink]) -> String {
            chain.map(\.subject).joined(separator: "; ")
        }
        // The same names may stand for renewed certificates, so they don't decide.
        return VersionDiff.Change(
            field: .chain,
            from: names(from.chain),
            to: names(to.chain),
            isLoss: false
        )
    }

    /// An hour more or less is an authority's way of counting, not another validity.
    private var ofValidity: VersionDiff.Change? {
        guard let old = validity(of: from), let new = validity(of: to), abs(old - new) > 3600
        else { return nil }
        return change(.validity, days(old), days(new), isLoss: new < old)
    }

    private func validity(of facts: VersionFacts) -> TimeInterval? {
        guard let end = facts.notAfter, let start = facts.notBefore else { return nil }
        return end.timeIntervalSince(start)
    }

    /// To a tenth, so that two that differ by more than an hour look different, mostly.
    private func days(_ validity: TimeInterval) -> String {
        let tenths = Int((validity / 8640).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10) days" : "\(tenths / 10).\(tenths % 10) days"
    }

    private func isEarlier(_ date: Date?, than other: Date?) -> Bool {
        guard let date, let other else { return false }
        return date < other
    }

    /// `RSA 2048` is smaller than `RSA 4096`, `EC P-256` than `EC P-384`.
    private var isKeySmaller: Bool {
        guard let old = from.keyType?.wholeMatch(of: /(.*?)(\d+)/),
            let new = to.keyType?.wholeMatch(of: /(.*?)(\d+)/), old.1 == new.1,
            let oldSize = Int(old.2), let newSize = Int(new.2)
        else { return false }
        return newSize < oldSize
    }

    /// Whether a wildcard of the newer version stands for the name: for one label, RFC 9525 §6.3.
    private func isCovered(_ name: String) -> Bool {
        guard let dot = name.firstIndex(of: "."), !name.hasPrefix("*.") else { return false }
        return to.dnsNames.contains("*" + name[dot...])
    }
}

extension Date {
    fileprivate var rfc3339: String { formatted(.rfc3339) }
}
