import Foundation
import History
import Store

extension Agent {
    /// How long after the daemon's start a certificate is polled for the first time.
    ///
    /// - Returns: Up to a tenth of its interval; nil, at once, unless everything is in order with
    ///   it: a version is live as the settings want it, none that is known waits to be deployed,
    ///   and it won't expire meanwhile.
    func delayOfFirstPoll(of certificate: ObservedCertificate, now: Date = Date()) -> Duration? {
        let delay = Schedule.firstDelay(
            interval: certificate.pollingInterval,
            start: splay.start(of: certificate.name)
        )
        // What can't be looked at is for the pass to tell.
        let isInOrder = try? isInOrder(certificate, until: now.addingTimeInterval(delay.inSeconds))
        return isInOrder == true ? delay : nil
    }

    private func isInOrder(_ certificate: ObservedCertificate, until end: Date) throws -> Bool {
        let name = certificate.name
        guard let current = try store(of: certificate).currentVersion(of: name),
            let latest = try history.poll(of: name)?.latestVersion,
            let record = try history.version(current, of: name), !record.files.isEmpty,
            record.notAfter.map({ $0 > end }) ?? true
        else { return false }
        switch Decision.decide(try situation(of: certificate, offered: latest, now: end)) {
        case .deploy, .fetch: return false
        default: break
        }
        let drift = try drift(of: certificate, record)
        return drift.isEmpty && !drift.isOutdated
    }
}
