import Agent
import Foundation
import KeyVault

/// A machine with kvagent's daemon.
///
/// Its plan is a `PollSchedule` with the times of `Schedule` and `Splay`, its gate a `VaultPace`
/// with the daemon's `RetryPolicy`. What stands here is only what the daemon does between them:
/// `VaultGate`, `VaultClient` and `Agent.observe` without their waiting.
struct AgentHost: SimulatedHost {
    private struct Certificate {
        var isInstalled: Bool
        /// How many polls in a row have failed.
        var failures = 0
        /// When the pass began to look at it.
        var began = Date.distantPast
        var readsSecret = false
        /// The reading's first try, its next, and how it has failed up to now.
        var firstTry: ContinuousClock.Instant
        var earliest: ContinuousClock.Instant
        var refusals = 0
        var entry: VaultPace.Entry?
        /// What the pass has not got it for.
        var error: VaultError?
    }

    private let phase: Double
    private var schedule: PollSchedule
    private var pace = VaultPace(.standard)
    private var certificates: [Certificate]
    /// Whether it is known what the identity may read.
    private var isKnown = false
    /// What the pass looks at.
    private var members: [Int] = []
    /// How many of them are not done.
    private var unfinished = 0
    /// How many of them were begun.
    private var begun = 0
    /// What waits at the gate, in the order of arrival.
    private var queue: [Int] = []
    private var gate: ContinuousClock.Instant?

    init(_ index: Int, of fleet: Fleet, isInstalled: Bool, start: ContinuousClock.Instant) {
        phase = fleet.points[index].phase
        schedule = PollSchedule(fleet.observed, now: start)
        let certificate = Certificate(isInstalled: isInstalled, firstTry: start, earliest: start)
        certificates = Array(repeating: certificate, count: fleet.certificates.count)
        guard isInstalled else { return }
        for (name, point) in zip(fleet.certificates.map(\.name), fleet.points[index].starts) {
            let delay = Schedule.firstDelay(interval: fleet.interval, start: point)
            schedule.delay(name, by: delay, now: start)
        }
    }

    var firstPoll: ContinuousClock.Instant { schedule.next }

    mutating func handle(_ event: EventQueue.Kind, in fleet: Fleet, _ turn: inout Turn) {
        switch event {
        case .poll: beginPass(in: fleet, &turn)
        case .gate: gate = nil
        case .answer(let certificate, let answer): take(answer, certificate, in: fleet, &turn)
        }
        admit(in: fleet, &turn)
        if !members.isEmpty, unfinished == 0 { endPass(in: fleet, &turn) }
    }

    private mutating func beginPass(in fleet: Fleet, _ turn: inout Turn) {
        pace.beginPass(at: turn.now)
        members = schedule.due(at: turn.now).compactMap { fleet.indices[$0] }.sorted()
        unfinished = members.count
        begun = 0
        // One finds out for all what the identity may read.
        begin(upTo: isKnown ? members.count : 1, turn)
        // Nothing was due: the plan has another time.
        if members.isEmpty { turn.poll = schedule.next }
    }

    private mutating func begin(upTo end: Int, _ turn: Turn) {
        for member in members[begun..<max(begun, min(end, members.count))] {
            certificates[member].began = turn.date
            certificates[member].error = nil
            ask(for: member, secret: false, turn)
            begun += 1
        }
    }

    /// Lets a new reading wait for its turn.
    private mutating func ask(for member: Int, secret: Bool, _ turn: Turn) {
        certificates[member].readsSecret = secret
        certificates[member].firstTry = turn.now
        certificates[member].earliest = turn.now
        certificates[member].refusals = 0
        queue.append(member)
    }

    /// Lets in whoever may begin now, and has the host woken for the next.
    private mutating func admit(in fleet: Fleet, _ turn: inout Turn) {
        var next: ContinuousClock.Instant?
        var index = 0
        scan: while index < queue.count {
            let member = queue[index]
            switch pace.admission(at: turn.now, earliest: certificates[member].earliest) {
            case .enter(let entry):
                queue.remove(at: index)
                certificates[member].entry = entry
                turn.requests.append(member)
            case .refuse(let error, let rest):
                queue.remove(at: index)
                let spared = reading(of: member, in: fleet).spared(error, rest: rest)
                fail(member, because: certificates[member].error ?? spared, turn)
            case .wait(let until):
                next = min(next ?? until, until)
                index += 1
            case .full:
                break scan
            }
        }
        guard let next, gate.map({ next < $0 }) ?? true else { return }
        gate = next
        turn.gate = next
    }

    private mutating func take(
        _ answer: Answer,
        _ member: Int,
        in fleet: Fleet,
        _ turn: inout Turn
    ) {
        guard let entry = certificates[member].entry else { return }
        certificates[member].entry = nil
        let error: VaultError
        switch answer {
        case .given:
            pace.answered(entry, at: turn.now)
            return succeed(member, &turn)
        case .throttled: error = fleet.certificates[member].throttled
        case .unavailable: error = fleet.certificates[member].unavailable
        }
        certificates[member].refusals += 1
        certificates[member].error = error
        let failure = VaultPace.Failure(
            reading(of: member, in: fleet),
            error: error,
            count: certificates[member].refusals,
            firstTry: certificates[member].firstTry
        )
        let chance = turn.chance()
        if let moment = pace.failed(entry, failure, at: turn.now, chance: chance) {
            certificates[member].earliest = moment
            queue.append(member)
        } else {
            fail(member, because: error, turn)
        }
    }

    private func reading(of member: Int, in fleet: Fleet) -> Reading {
        certificates[member].readsSecret
            ? fleet.certificates[member].secret : fleet.certificates[member].publicPart
    }

    private mutating func succeed(_ member: Int, _ turn: inout Turn) {
        isKnown = true
        certificates[member].error = nil
        if !certificates[member].isInstalled, !certificates[member].readsSecret {
            return ask(for: member, secret: true, turn)
        }
        certificates[member].isInstalled = true
        certificates[member].failures = 0
        turn.read.append(member)
        finish(turn)
    }

    private mutating func fail(_ member: Int, because error: VaultError, _ turn: Turn) {
        certificates[member].error = error
        certificates[member].failures += 1
        finish(turn)
    }

    private mutating func finish(_ turn: Turn) {
        unfinished -= 1
        // The one that went ahead is done, whatever came of it.
        begin(upTo: members.count, turn)
    }

    /// Plans the next poll of all that the pass looked at.
    private mutating func endPass(in fleet: Fleet, _ turn: inout Turn) {
        let date = turn.date
        let nextPolls = NextPolls(end: date, phase: phase, jitter: turn.chance())
        for member in members {
            let due = nextPolls.date(
                after: certificates[member].began,
                interval: fleet.interval,
                failures: certificates[member].failures,
                pause: certificates[member].error?.pause
            )
            schedule.plan(fleet.certificates[member].name, at: due, now: turn.now, today: date)
        }
        members.removeAll(keepingCapacity: true)
        turn.poll = max(turn.now, schedule.next)
    }
}
