import Foundation
import History

/// A time during which one version was live.
struct LivePeriod: Sendable, Equatable {
    var version: String

    /// Nil where it was live already before the oldest deployment that is looked at.
    var from: Date?

    /// Nil while it is live.
    var until: Date?

    init(version: String, from: Date? = nil, until: Date? = nil) {
        self.version = version
        self.from = from
        self.until = until
    }
}

extension LivePeriod {
    /// What was live when, oldest first, from the deployments that are on record.
    ///
    /// What is live now is not taken from them: a recovery or an administrator may have had the
    /// last word.
    ///
    /// - Parameters:
    ///   - deployments: Oldest first; the beginning may be missing.
    ///   - current: The live version.
    ///   - now: The end of what was live last, where nothing is live any more.
    /// - Returns: The periods, each beginning where the one before ends.
    static func all(
        _ deployments: [Deployment],
        current: CurrentVersion?,
        now: Date
    ) -> [LivePeriod] {
        var periods: [LivePeriod] = []
        func go(to version: String, at moment: Date?) {
            guard periods.last?.version != version else { return }
            if !periods.isEmpty { periods[periods.count - 1].until = moment }
            periods.append(LivePeriod(version: version, from: moment))
        }
        for deployment in deployments where deployment.outcome == .deployed {
            if periods.isEmpty, let previous = deployment.previousVersion {
                go(to: previous, at: nil)
            }
            go(to: deployment.version, at: deployment.finishedAt ?? deployment.startedAt)
        }
        if let current {
            go(to: current.version, at: periods.isEmpty ? current.since : current.since ?? now)
        } else if !periods.isEmpty {
            periods[periods.count - 1].until = now
        }
        return periods
    }
}
