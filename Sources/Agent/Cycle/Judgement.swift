import History
import PKI
import Store

/// A decision together with what came from the vault: what is to be done, and said, about one
/// certificate.
enum Judgement: Sendable {
    case unchanged

    /// Make the target live.
    case deploy

    /// Leave the target alone, and say so in the history.
    case leave(Outcome, reason: String)

    /// Leave the target alone as before; the history says so already.
    case refusedBefore(reason: String)

    /// What was decided without the lock no longer holds: the next pass sees it anew.
    case overtaken

    /// Joins the decision on what is known with what was fetched of the target, if it was.
    init(_ situation: Situation, fetched: Fetched?) {
        switch Decision.decide(situation) {
        case .upToDate: self = .unchanged
        case .deploy: self = .deploy
        case .hold(let reason): self = .leave(.held, reason: reason)
        case .reject(let reason): self = .leave(.rejected, reason: reason)
        case .ignore(let reason): self = .leave(.ignored, reason: reason)
        case .refusedBefore(let reason): self = .refusedBefore(reason: reason)
        case .fetch:
            switch fetched?.content {
            case .plainSecret: self = .leave(.ignored, reason: Decision.notACertificate)
            case .unusable(let error): self = .leave(.rejected, reason: error.explained)
            case .certificate, nil: self = .overtaken
            }
        }
    }

    var isDeployment: Bool { if case .deploy = self { true } else { false } }

    /// The judgement for the report.
    ///
    /// - Parameter current: What is live now.
    /// - Returns: What a rehearsal says; a deployment that is really made says itself how it went.
    func verdict(current: String?) -> CertificateReport.Verdict {
        switch self {
        case .unchanged: .unchanged
        case .deploy: .wouldDeploy(previous: current)
        case .leave(.held, let reason): .held(reason)
        case .leave(.ignored, let reason): .ignored(reason)
        case .leave(_, let reason), .refusedBefore(let reason): .refused(reason)
        case .overtaken: .failed("changed while it was looked at; it is tried at the next pass")
        }
    }
}
