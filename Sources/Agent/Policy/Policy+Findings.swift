import Foundation
import History

/// A version that is to go live, with all that the rules ask of it.
package struct PolicyCandidate: Sendable {
    package var record: VersionRecord

    /// What was found in it while its secret was at hand.
    package var contents: [Examination.Finding]

    /// Whether it was on record before the current version.
    package var isOlderOnRecord: Bool

    package init(
        _ record: VersionRecord,
        contents: [Examination.Finding] = [],
        isOlderOnRecord: Bool = false
    ) {
        self.record = record
        self.contents = contents
        self.isOlderOnRecord = isOlderOnRecord
    }
}

extension Policy {
    /// What the rules say of a version, in their order, but for what is allowed.
    ///
    /// The texts speak of the candidate alone, and of the names and issuer of the current version:
    /// the same hold is then the same text in every pass.
    ///
    /// - Parameters:
    ///   - candidate: The version that is to go live.
    ///   - current: The live version; nil before the first, or where it isn't on record.
    ///   - now: The time to judge validity by.
    /// - Returns: At most one of each rule.
    package func findings(
        of candidate: PolicyCandidate,
        comparedTo current: VersionRecord?,
        now: Date
    ) -> [PolicyFinding] {
        PolicyRule.allCases.compactMap { rule in
            guard self[rule] != .allow else { return nil }
            let message =
                candidate.record.message(rule, now: now)
                ?? current.flatMap { candidate.message(rule, comparedTo: $0) }
                ?? candidate.contents.first { $0.rule == rule.rawValue }?.message
            return message.map { PolicyFinding(rule: rule, action: self[rule], message: $0) }
        }
    }
}

extension VersionRecord {
    /// What the clock says of it.
    fileprivate func message(_ rule: PolicyRule, now: Date) -> String? {
        switch rule {
        case .expired:
            guard let notAfter, notAfter <= now else { return nil }
            return "its validity ended on \(notAfter.formatted(.rfc3339))"
        case .notYetValid:
            guard let notBefore, notBefore > now else { return nil }
            return "its validity begins on \(notBefore.formatted(.rfc3339))"
        default: return nil
        }
    }

    /// `RSA`, `EC` or what else it is; nil where that isn't known.
    fileprivate var keyFamily: Substring? { keyType?.prefix { $0 != " " } }
}

extension PolicyCandidate {
    /// What the live version makes of it.
    fileprivate func message(_ rule: PolicyRule, comparedTo current: VersionRecord) -> String? {
        switch rule {
        case .sanLoss: return lostNames(current)
        case .keyTypeChange:
            guard let old = current.keyFamily, let new = record.keyFamily, old != new else {
                return nil
            }
            return "its key is \(record.keyType ?? ""), the current version's \(old)"
        case .issuerChange:
            guard let old = current.issuer, let new = record.issuer, old != new else { return nil }
            return "it is issued by \(new), the current version by \(old)"
        case .shorterValidity:
            guard let old = current.notAfter, let new = record.notAfter, new < old else {
                return nil
            }
            return "it ends on \(new.formatted(.rfc3339)), before the current version"
        case .olderVersion:
            if let old = current.notBefore, let new = record.notBefore, new < old {
                return
                    "it is older than the current version: valid from \(new.formatted(.rfc3339))"
            }
            guard isOlderOnRecord else { return nil }
            return "it is older than the current version: fetched on "
                + record.fetchedAt.formatted(.rfc3339)
        case .expired, .notYetValid, .incompleteChain, .unorderedChain, .weakKey, .weakSignature:
            return nil
        }
    }

    /// So many names say what is lost.
    private static let namesShown = 5

    private func lostNames(_ current: VersionRecord) -> String? {
        let lost = current.dnsNames.filter { name in
            !record.dnsNames.contains { $0.covers(name) }
        }
        guard !lost.isEmpty else { return nil }
        let more = lost.count - Self.namesShown
        return "the current version has \(lost.prefix(Self.namesShown).joined(separator: ", "))"
            + (more > 0 ? " and \(more) more" : "") + ", this one doesn't"
    }
}

extension String {
    /// Whether a certificate with this name is good for `name`, too.
    ///
    /// A wildcard stands for one label, the whole leftmost (RFC 9525 §6.3), and for no part of an
    /// address.
    fileprivate func covers(_ name: String) -> Bool {
        guard self != name else { return true }
        guard hasPrefix("*."), let dot = name.firstIndex(of: "."), !name.hasPrefix("*.") else {
            return false
        }
        let isAddress = name.allSatisfy { $0.isNumber || $0 == "." }
        return !isAddress && dot != name.startIndex && dropFirst() == name[dot...]
    }
}
