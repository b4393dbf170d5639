import Foundation
import History

/// Which version to go back to, as a person writes it.
package enum RollbackTarget: Sendable, Equatable {
    /// The one that was last good before the current.
    case lastGood

    /// So many good versions before the current: `-1` is ``lastGood``.
    case steps(Int)

    /// The beginning of a version's 32 hex digits, at least 4.
    case version(prefix: String)

    /// A SHA-1 thumbprint, 40 hex digits, colons and case as they come.
    case thumbprint(String)
}

extension RollbackTarget {
    /// Reads `--to`; nil when it is none of the forms.
    package init?(_ text: String) {
        let hex = text.replacing(":", with: "").lowercased()
        if text.hasPrefix("-"), let steps = Int(text.dropFirst()), steps > 0 {
            self = .steps(steps)
        } else if hex.count == 40, hex.allSatisfy(\.isHexDigit) {
            self = .thumbprint(hex.uppercased())
        } else if (4...32).contains(text.count), text.allSatisfy(\.isHexDigit) {
            self = .version(prefix: text.lowercased())
        } else {
            return nil
        }
    }

    /// Finds the version to go back to among those on record.
    ///
    /// - Parameters:
    ///   - current: The live version, which can't be the target.
    ///   - versions: Every version on record that was a certificate.
    ///   - deployed: The versions that were live and good, each once, in the order in which they
    ///     first went live.
    /// - Returns: The one version that is meant.
    /// - Throws: ``Refusal`` that says what there is instead.
    package func resolve(
        current: String?,
        versions: [VersionRecord],
        deployed: [String]
    ) throws(Refusal) -> VersionRecord {
        let record = try find(current: current, versions: versions, deployed: deployed)
        guard record.version != current else {
            throw Refusal("version \(record.version) is the current one")
        }
        return record
    }

    /// As `resolve(current:versions:deployed:)`, for who only wants to look: the live version may
    /// be meant, too.
    func find(
        current: String?,
        versions: [VersionRecord],
        deployed: [String]
    ) throws(Refusal) -> VersionRecord {
        let earlier = Array(deployed.prefix { $0 != current }.reversed())
        let wanted: [VersionRecord]
        switch self {
        case .lastGood, .steps:
            let steps = if case .steps(let steps) = self { steps } else { 1 }
            guard steps <= earlier.count else {
                throw Refusal(
                    earlier.isEmpty
                        ? "no earlier version was live that isn't refused by now"
                        : "only \(earlier.count) earlier versions were live that aren't refused by now",
                    hint: "see \"kvagent history\"; a refused one is named with --to"
                )
            }
            wanted = versions.filter { $0.version == earlier[steps - 1] }
        case .version(let prefix):
            wanted = versions.filter { $0.version.hasPrefix(prefix) }
        case .thumbprint(let thumbprint):
            wanted = versions.filter { $0.thumbprint == thumbprint }
        }
        guard let record = wanted.first else {
            throw Refusal("no version on record is \(self)", hint: Self.choice(of: versions))
        }
        guard wanted.count == 1 else {
            let all = wanted.map(\.version).joined(separator: ", ")
            throw Refusal("more than one version is \(self)", hint: "choose one of \(all)")
        }
        return record
    }

    /// Which versions there are, as far as a line has room.
    static func choice(of versions: [VersionRecord]) -> String {
        guard !versions.isEmpty else { return "none is on record yet" }
        let shown = versions.prefix(10).map(\.version).joined(separator: ", ")
        let others = versions.count - min(versions.count, 10)
        return "on record: \(shown)" + (others > 0 ? " and \(others) older" : "")
    }
}

extension RollbackTarget: CustomStringConvertible {
    package var description: String {
        switch self {
        case .lastGood: "the last good one"
        case .steps(let steps): "-\(steps)"
        case .version(let prefix): "\(prefix)…"
        case .thumbprint(let thumbprint): "the one with thumbprint \(thumbprint)"
        }
    }
}
