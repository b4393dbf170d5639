/// A machine as Microsoft's extension is documented: it asks at the start and an interval after
/// that again and again, for one certificate after the other.
///
/// What it does about 429 isn't documented. Here it goes on with the next certificate, and comes
/// back to this one at the next poll.
struct ExtensionHost: SimulatedHost {
    private let start: ContinuousClock.Instant
    private var polls = 0

    init(_ index: Int, of fleet: Fleet, isInstalled: Bool, start: ContinuousClock.Instant) {
        self.start = start
    }

    var firstPoll: ContinuousClock.Instant { start }

    mutating func handle(_ event: EventQueue.Kind, in fleet: Fleet, _ turn: inout Turn) {
        guard case .answer(let certificate, let answer) = event else {
            turn.requests.append(0)
            return
        }
        if answer == .given { turn.read.append(certificate) }
        if certificate + 1 < fleet.certificates.count {
            turn.requests.append(certificate + 1)
        } else {
            polls += 1
            turn.poll = start + fleet.interval * polls
        }
    }
}
