import Foundation
import History
import Store

/// Whether one certificate is there for a service to use, as `kvagent wait` asks.
package struct Installation: Sendable, Encodable {
    package var name: String
    package var installed: Bool

    /// The live version.
    @OrNull package var version: String?

    /// Why it isn't installed.
    @OrNull package var reason: String?
}

extension Installation {
    /// Looks at the store, and at the history where that can be read.
    ///
    /// - Parameters:
    ///   - settings: What is observed.
    ///   - certificates: The certificates to look at.
    ///   - history: Nil when there is none, or none that this user may read: then the links in the
    ///     store tell alone.
    /// - Returns: One for each, in their order.
    /// - Throws: `HistoryError`.
    package static func all(
        _ settings: Settings,
        of certificates: [ObservedCertificate],
        history: History?
    ) throws -> [Installation] {
        var settings = settings
        settings.certificates = certificates
        return try StatusReport(settings, history: history, daemon: nil, findsOrphans: false)
            .certificates.map(Installation.init)
    }

    init(_ status: CertificateStatus) {
        let isInstalled = status.current != nil && status.state != .degraded
        self.init(
            name: status.name,
            installed: isInstalled,
            version: status.current?.version,
            reason: isInstalled ? nil : Self.reason(status)
        )
    }

    private static func reason(_ status: CertificateStatus) -> String {
        if let hook = status.owedHooks.first {
            return "hook \"\(hook.name)\" has not succeeded after \(hook.attempts) tries"
        }
        if let warning = status.warnings.first { return warning }
        if let error = status.lastPoll?.error { return error }
        switch status.state {
        case .ignored: return "the secret is no certificate"
        case .degraded: return "its last deployment failed"
        default:
            return status.lastPoll == nil ? "not looked for yet" : "nothing is installed yet"
        }
    }
}

extension Settings {
    /// The observed certificates without the secrets that have turned out to be none.
    package func certificatesWorthWaitingFor(_ history: History?) throws -> [ObservedCertificate] {
        try certificates.filter { certificate in
            guard let latest = try history?.poll(of: certificate.name)?.latestVersion else {
                return true
            }
            return try history?.lastDeployment(of: certificate.name, version: latest)?.outcome
                != .ignored
        }
    }
}
