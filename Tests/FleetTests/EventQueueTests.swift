import Testing

@testable import fleet

@Suite("The queue of events")
struct EventQueueTests {
    @Test("Events come in the order of their times, and of their planning at the same time")
    func order() {
        var random = SplitMix64(seed: 7)
        var queue = EventQueue()
        let start = ContinuousClock.now
        let times = (0..<1000).map { _ in Int.random(in: 0..<100, using: &random) }
        for (index, time) in times.enumerated() {
            queue.plan(.poll, of: index, at: start + .seconds(time))
        }
        var hosts: [Int] = []
        while let event = queue.next() { hosts.append(event.host) }
        #expect(hosts == times.indices.sorted { (times[$0], $0) < (times[$1], $1) })
    }
}
