import Foundation
import History
import Store

extension Agent {
    /// How long after the daemon's start certificates are polled for the first time.
    ///
    /// - Parameter now: When the daemon starts.
    /// - Returns: Up to a tenth of the interval, by name; what is missing is polled at once, and
    ///   that is everything but what is in order: a version is live as the settings want it, none
    ///   that is known waits to be deployed, and it won't expire meanwhile.
    func delaysOfFirstPolls(now: Date = Date()) -> [String: Duration] {
        // What can't be looked at is for the pass to tell.
        guard let live = try? liveEvidence(of: settings.certificates),
            let polls = try? history.polls()
        else { return [:] }
        let latest = Dictionary(polls.map { ($0.certificate, $0.latestVersion) }) { $1 }
        var delays: [String: Duration] = [:]
        for certificate in settings.certificates {
            let name = certificate.name
            let delay = Schedule.firstDelay(
                interval: certificate.pollingInterval,
                start: splay.start(of: name)
            )
            let end = now.addingTimeInterval(delay.inSeconds)
            guard let latest = latest[name] ?? nil,
                let live = try? live.evidence(of: certificate),
                (try? isInOrder(certificate, live, latest: latest, until: end)) == true
            else { continue }
            delays[name] = delay
        }
        return delays
    }

    private func isInOrder(
        _ certificate: ObservedCertificate,
        _ live: LiveEvidence,
        latest: String,
        until end: Date
    ) throws -> Bool {
        guard let record = live.record, !record.files.isEmpty,
            record.notAfter.map({ $0 > end }) ?? true
        else { return false }
        switch Decision.decide(try situation(of: certificate, live, offered: latest, now: end)) {
        case .deploy, .fetch: return false
        default: break
        }
        let drift = try drift(of: certificate, record, live.placement)
        return drift.isEmpty && !drift.isOutdated
    }
}
