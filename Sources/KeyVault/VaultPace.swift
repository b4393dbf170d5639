/// How much one vault may be asked now: the rule behind ``VaultGate``, without clock and waiting.
///
/// As in TCP, what is allowed at once is halved when the vault says that it is too much, and
/// grows by one for each round that it answers. A vault that goes on refusing is *shut*: nothing
/// more is asked in this pass, and the next one begins with a single reading.
///
/// | what happens | what follows |
/// |---|---|
/// | 429, 502, 503, 504, anything with `Retry-After` | the whole vault waits, all until the same moment |
/// | 429 | also half as many readings at once |
/// | the same again and again, with no answer between | shut when the waits of the policy are used up |
/// | a `Retry-After` beyond what a pass waits for | shut, and until then for later passes, too |
/// | 500, 408, no answer at all | the one reading waits and tries again |
/// | three objects in a row gave up like that | shut |
/// | any other answer, 404 and 403 as well | the vault is well |
package struct VaultPace: Sendable {
    package typealias Instant = ContinuousClock.Instant

    /// What a reading may do.
    package enum Admission: Sendable {
        case enter(Entry)
        case wait(until: Instant)
        /// As many as may be are under way.
        case full
        /// The vault is shut; for `rest` it has asked to be left alone.
        case refuse(VaultError, rest: Duration?)
    }

    /// A reading under way.
    package struct Entry: Sendable {
        /// Refusals of one round are one refusal: what was sent before a pause says nothing new.
        fileprivate let round: Int
        fileprivate let at: Instant
    }

    private enum Condition {
        case open
        /// One reading at a time, until one is answered.
        case trying
        case shut(VaultError, until: Instant?)
    }

    /// One HTTP/2 connection takes so many with ease, and 32 answers in flight are 8 MiB at most.
    static let most = 32
    /// How many objects have to fail before an object's trouble is the vault's.
    static let witnesses = 3

    private let policy: RetryPolicy
    private var condition = Condition.open
    private var width = Double(most)
    private var underWay = 0
    private var round = 0
    private var pausedUntil: Instant?
    /// The rounds that were refused since the last answer.
    private var strikes = 0
    private var firstFailure: Instant?
    private var lastAnswer: Instant?
    /// The objects that were given up since the last answer.
    private var failing: Set<ObjectID> = []

    /// The pace of a vault that nobody has asked yet.
    package init(_ policy: RetryPolicy) {
        self.policy = policy
    }

    /// How many readings may be under way at once.
    var atOnce: Int {
        if case .trying = condition { 1 } else { max(1, Int(width)) }
    }

    /// A new pass: a vault that was shut gets another chance, unless it has asked for more time.
    package mutating func beginPass(at now: Instant) {
        strikes = 0
        firstFailure = nil
        failing = []
        guard case .shut(_, let until) = condition, until.map({ $0 <= now }) ?? true else { return }
        condition = .trying
    }

    /// Whether a reading that may not begin before `earliest` may begin now; then it has begun.
    package mutating func admission(at now: Instant, earliest: Instant) -> Admission {
        if case .shut(let error, let until) = condition {
            return .refuse(error, rest: until.map { max(now.duration(to: $0), .zero) })
        }
        let moment = max(earliest, pausedUntil ?? earliest)
        guard moment <= now else { return .wait(until: moment) }
        guard underWay < atOnce else { return .full }
        underWay += 1
        return .enter(Entry(round: round, at: now))
    }

    /// A reading ended in a way that tells nothing about the vault.
    mutating func left(_ entry: Entry) {
        underWay -= 1
    }

    /// The vault gave an answer, if only that there is no such thing.
    package mutating func answered(_ entry: Entry, at now: Instant) {
        underWay -= 1
        lastAnswer = now
        strikes = 0
        failing = []
        if case .trying = condition { condition = .open }
        width = min(Double(Self.most), width + 1 / width)
    }

    /// The vault failed.
    ///
    /// - Parameters:
    ///   - entry: the reading.
    ///   - failure: how it failed.
    ///   - now: the time.
    ///   - chance: a random number from 0 to 1.
    /// - Returns: when it may be tried again; nil for not in this pass.
    package mutating func failed(
        _ entry: Entry,
        _ failure: Failure,
        at now: Instant,
        chance: Double
    ) -> Instant? {
        underWay -= 1
        // What can't be tried within the policy's patience is left to the next pass.
        let end = (firstFailure ?? now) + policy.patience
        firstFailure = firstFailure ?? now
        guard failure.error.concernsTheVault else {
            return objectFailed(failure, within: end, at: now, chance: chance)
        }
        if entry.round == round {
            round += 1
            strikes += 1
            if failure.error.kind == .throttled { width = max(1, width / 2) }
        } else if let pausedUntil, pausedUntil > now,
            pausedUntil >= now + (failure.error.retryAfter ?? .zero)
        {
            return failure.count <= policy.delays.count ? pausedUntil : nil
        }
        if case .shut = condition { return nil }
        let delay = policy.delay(
            failures: max(strikes, 1),
            retryAfter: failure.error.retryAfter,
            chance: chance
        )
        if case .trying = condition { return shut(by: failure.error, at: now) }
        guard let delay, now + delay <= end else { return shut(by: failure.error, at: now) }
        pausedUntil = max(pausedUntil ?? now, now + delay)
        return failure.count <= policy.delays.count ? pausedUntil : nil
    }

    private mutating func objectFailed(
        _ failure: Failure,
        within end: Instant,
        at now: Instant,
        chance: Double
    ) -> Instant? {
        if case .shut = condition { return nil }
        if case .open = condition,
            let delay = policy.delay(
                failures: failure.count,
                retryAfter: nil,
                hasAnswer: failure.error.status != nil,
                chance: chance
            ),
            now + delay <= end
        {
            return now + delay
        }
        // Answers that others got meanwhile prove that the vault is well.
        if lastAnswer.map({ $0 < failure.firstTry }) ?? true { failing.insert(failure.object) }
        return failing.count < Self.witnesses ? nil : shut(by: failure.error, at: now)
    }

    private mutating func shut(by error: VaultError, at now: Instant) -> Instant? {
        condition = .shut(error, until: error.pause.map { now + $0 })
        return nil
    }

    /// How a reading has failed.
    package struct Failure: Sendable {
        let object: ObjectID
        let error: VaultError
        /// How often it has, the last time included.
        let count: Int
        let firstTry: Instant

        package init(_ reading: Reading, error: VaultError, count: Int, firstTry: Instant) {
            object = reading.object
            self.error = error
            self.count = count
            self.firstTry = firstTry
        }
    }
}
