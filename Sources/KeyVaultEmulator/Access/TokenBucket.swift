/// Lets requests through at an even rate after a first burst.
///
/// It is full at first and fills again by `requests` in `seconds`. A request that is not let through
/// takes nothing, as a vault's 429 do not count against its limit.
struct TokenBucket: Sendable {
    let limit: RequestLimit
    private var tokens: Double
    private var filledAt: ContinuousClock.Instant

    init(_ limit: RequestLimit, now: ContinuousClock.Instant) {
        self.limit = limit
        tokens = Double(limit.requests)
        filledAt = now
    }

    /// Whether one more request is let through.
    mutating func take(now: ContinuousClock.Instant) -> Bool {
        let elapsed = (now - filledAt) / .seconds(1)
        let size = Double(limit.requests)
        tokens = min(size, tokens + max(0, elapsed) * size / max(limit.seconds, 0.001))
        filledAt = now
        guard tokens >= 1 else { return false }
        tokens -= 1
        return true
    }
}
