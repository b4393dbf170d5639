import Locking

/// The buckets of the vaults that have a limit.
final class Throttle: Sendable {
    private let buckets = Locked<[String: TokenBucket]>([:])

    /// Whether a vault takes one more request; a changed limit begins with a full bucket.
    func lets(
        through limit: RequestLimit?,
        of vault: String,
        now: ContinuousClock.Instant
    ) -> Bool {
        guard let limit else { return true }
        return buckets.withLock { buckets in
            var bucket = buckets[vault] ?? TokenBucket(limit, now: now)
            if bucket.limit != limit { bucket = TokenBucket(limit, now: now) }
            defer { buckets[vault] = bucket }
            return bucket.take(now: now)
        }
    }
}
