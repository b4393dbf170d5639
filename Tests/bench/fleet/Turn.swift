import Agent
import Foundation

/// One event's moment: what a host needs to know for it, and what it wants because of it.
struct Turn {
    typealias Instant = ContinuousClock.Instant

    let start: Instant
    /// What the wall clock shows at the start.
    let startDate: Date
    var now: Instant
    var random: SplitMix64

    /// The certificates that the host asks the vault for.
    var requests: [Int] = []
    /// When what waits at the host's gate is looked at again.
    var gate: Instant?
    /// When the host polls next.
    var poll: Instant?
    /// The certificates that were read successfully.
    var read: [Int] = []

    /// The same moment by the wall clock.
    var date: Date { startDate.addingTimeInterval(start.duration(to: now).inSeconds) }

    /// A random number from 0 to 1.
    mutating func chance() -> Double { .random(in: 0...1, using: &random) }
}
