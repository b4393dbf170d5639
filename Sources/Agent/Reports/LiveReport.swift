import Foundation
import History

/// One element of `kvagent history --at TIME --json`.
package struct LiveReport: Sendable, Encodable {
    package var certificate: String

    /// The moment that was asked for.
    package var at: Date

    /// Null where nothing was live.
    @OrNull package var version: String?
    @OrNull package var thumbprint: String?
    @OrNull package var sha256: String?
    @OrNull package var notBefore: Date?
    @OrNull package var notAfter: Date?

    /// Whether the validity had ended by then; null where that isn't known.
    @OrNull package var isExpired: Bool?

    /// When it was made live; null, as what follows, where that was before the history began.
    @OrNull package var since: Date?
    @OrNull package var trigger: Trigger?
    @OrNull package var actor: String?
    @OrNull package var reason: String?
    @OrNull package var runId: String?

    init(_ live: LiveVersion, at: Date) {
        self.at = at
        certificate = live.certificate
        version = live.version
        thumbprint = live.thumbprint
        sha256 = live.sha256
        notBefore = live.notBefore
        notAfter = live.notAfter
        isExpired = live.isExpired(at: at)
        since = live.since
        trigger = live.trigger
        actor = live.actor
        reason = live.reason
        runId = live.runID
    }

    /// What was live at a moment: of one certificate, or of all in the settings, in their order,
    /// and then of those that have gone from them, by name.
    ///
    /// - Throws: `HistoryError`.
    package static func reports(
        at moment: Date,
        of certificate: String?,
        settings: Settings,
        history: History?
    ) throws -> [LiveReport] {
        let live = try history?.live(at: moment, of: certificate) ?? []
        let observed = certificate.map { [$0] } ?? settings.certificates.map(\.name)
        let known = Dictionary(uniqueKeysWithValues: live.map { ($0.certificate, $0) })
        let gone = live.filter { !observed.contains($0.certificate) && $0.version != nil }
        return (observed.map { known[$0] ?? LiveVersion(certificate: $0) } + gone)
            .map { LiveReport($0, at: moment) }
    }
}
