import Locking

/// When to look through the stores for what killed runs have left.
///
/// That takes a look into every certificate's directory, and a run that comes to its end leaves
/// nothing. So a process looks at its first change, at the first one after the death of whoever made
/// changes then, and once an hour: what can't be removed at the end of a run, as on a failing disk,
/// goes later.
final class LeftoverSearch: Sendable {
    private let last = Locked<ContinuousClock.Instant?>(nil)

    /// Whether to look now; the next look is then due in an hour.
    ///
    /// - Parameter afterDeath: Whether the holder of the lock before has ended while it held it.
    /// - Returns: Whether the caller is to look, and counts as having done so.
    func isDue(afterDeath: Bool) -> Bool {
        let now = ContinuousClock.now
        return last.withLock { last in
            if !afterDeath, let last, now - last < .seconds(3600) { return false }
            last = now
            return true
        }
    }
}
