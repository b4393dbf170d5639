import Agent
import History

/// What the documents promise of three certificates that share their hooks, in a few lines.
///
/// It knows neither files nor processes nor times: only what is live, on record, owed, refused and
/// pinned, and what the ledger says.
struct Model {
    static let count = 3
    static let keepVersions = 2

    var certificates = Array(repeating: Certificate(), count: count)
    var ends: [Phase: End] = [:]
    var onFailure = FailurePolicy.rollback

    /// Which hook of which phase kills the process, counted from 1.
    var fatal: (phase: Phase, hook: Int)?

    /// Whether a command's process is at work, and not the agent of the test.
    var isCommand = false

    /// The pass or command at work, and the last pass of the agent itself.
    var currentRun = 0
    private(set) var lastPass: Int?

    /// Counts rows and debts, whose order tells what is done first.
    private var counter = 0

    mutating func next() -> Int {
        counter += 1
        return counter
    }

    struct Certificate {
        var vault: [(flaw: Flaw, isEnabled: Bool)] = [(.none, true)]
        var live: Int?
        /// The versions that were fetched, in that order.
        var recorded: [Int] = []
        /// The versions whose files lie in the store.
        var stored: Set<Int> = []
        /// Those of them whose files are not what was recorded.
        var damaged: Set<Int> = []
        var pin: Pin?
        var refused: Set<Int> = []
        var approved: Set<Int> = []
        var owed: [Debt] = []
        var rows: [Row] = []
        var latest: Int?
        var isUnanswered = false
        /// Whether the live files are damaged and the vault doesn't give them.
        var isUnmendable = false

        var newest: Int { vault.count - 1 }
        /// The version that a pin in force names, else the vault's newest.
        var target: Int { heldVersion ?? newest }
        var isIntact: Bool { live.map { !damaged.contains($0) } ?? true }
        /// Whether the files of a version are at hand, in the store or in the vault.
        func isAtHand(_ version: Int) -> Bool {
            stored.subtracting(damaged).contains(version) || vault[version].isEnabled
        }
        var heldVersion: Int? { pin.flatMap { $0.isOver ? nil : $0.version } }
        /// The newest closed row of a version.
        func last(_ version: Int) -> Row? {
            rows.last { $0.version == version && $0.outcome != nil }
        }
    }

    struct Pin: Equatable {
        var version: Int
        var reason: String
        var isByCommand: Bool
        var isOver = false
        /// The pin that comes back when the rollback that has set this one fails.
        var replaced: [Pin] = []
        /// Why it keeps other versions away.
        var explanation: String { "pinned to \(version) (\(reason), \(isByCommand))" }
    }

    struct Debt: Hashable {
        var version: Int
        var phase: Phase
        var order: Int
    }

    struct Row {
        var version: Int
        var previous: Int?
        var trigger: Trigger
        var outcome: Outcome?
        var reason: String?
        var runs: [Run] = []
        var order: Int
        /// Whether it is a rollback's, or what finishes one.
        var isRollback = false
        /// The pass or command that it is of.
        var run: Int
    }

    struct Run: Equatable, CustomStringConvertible {
        var phase: Phase
        var end: End
        var description: String { "\(phase):\(end.rawValue)" }
    }

    /// The process was killed; what was done before stays done.
    struct Killed: Error {}

    /// What the one who asked is told.
    enum Answer: Equatable {
        case done
        /// It can't be done, and nothing is changed.
        case refused
        /// So many refusals are forgotten.
        case cleared(Int)
        case killed
    }
}

extension Model {
    mutating func take(_ step: Step) -> Answer {
        switch step {
        case .publish(let name, let flaw): certificates[name].vault.append((flaw, true))
        case .disable(let name):
            certificates[name].vault[certificates[name].newest].isEnabled = false
        case .enable(let name):
            certificates[name].vault[certificates[name].newest].isEnabled = true
        case .damage(let name):
            if let live = certificates[name].live { certificates[name].damaged.insert(live) }
        case .hooks(let phase, let end): ends[phase] = end
        case .restart: break
        case .run(let command): return answer(command)
        case .kill(let command, let phase, let hook):
            (fatal, isCommand) = ((phase, hook), true)
            defer { (fatal, isCommand) = (nil, false) }
            return answer(command)
        }
        return .done
    }

    private mutating func answer(_ command: Command) -> Answer {
        do {
            return try take(command)
        } catch {
            return .killed
        }
    }

    private mutating func take(_ command: Command) throws(Killed) -> Answer {
        currentRun = next()
        switch command {
        case .sync(let name):
            if !isCommand { lastPass = currentRun }
            try pass(over: name.map { [$0] } ?? Array(certificates.indices))
        case .pin(let name, let isOver):
            guard let live = certificates[name].live else { return .refused }
            certificates[name].pin = Pin(
                version: live,
                reason: "",
                isByCommand: isCommand,
                isOver: isOver
            )
        case .unpin(let name):
            guard certificates[name].pin != nil else { return .refused }
            certificates[name].pin = nil
        case .retry(let name):
            defer { certificates[name].refused = [] }
            return .cleared(certificates[name].refused.count)
        case .approve(let name): return try approve(name) ? .done : .refused
        case .rollback(let name, let target, let pins):
            return try rollback(name, to: target, pins: pins) ? .done : .refused
        case .rollbackOfPass(let pins):
            return try rollbackOfPass(pins: pins) ? .done : .refused
        }
        return .done
    }
}

extension Model {
    /// How a certificate stands.
    func state(_ name: Int) -> CertificateState {
        let certificate = certificates[name]
        if let live = certificate.live {
            let isMisplaced = certificate.heldVersion.map { $0 != live } ?? false
            if certificate.owed.contains(where: { $0.version == live }) || isMisplaced
                || certificate.rows.contains(where: { $0.outcome == nil })
            {
                return .degraded
            }
        }
        if certificate.isUnmendable { return .degraded }
        if certificate.isUnanswered { return .disabled }
        if certificate.heldVersion != nil { return .pinned }
        if let latest = certificate.latest, latest != certificate.live {
            switch certificate.last(latest)?.outcome {
            case .held: return .held
            case .rejected, .rolledBack: return .rejected
            case .failed: return certificate.live == nil ? .pending : .degraded
            default: break
            }
        }
        return certificate.live == nil ? .pending : .current
    }
}
