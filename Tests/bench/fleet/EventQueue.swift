/// What is to happen, the earliest first: a binary heap.
struct EventQueue {
    /// Something that happens to one host.
    struct Event {
        let at: ContinuousClock.Instant
        /// What was planned first happens first, of what happens at the same moment.
        let order: UInt64
        let host: Int
        let kind: Kind
    }

    enum Kind {
        /// A poll is due.
        case poll
        /// What waits at the host's gate may be let in.
        case gate
        /// The vault's answer about one certificate has come.
        case answer(certificate: Int, Answer)
    }

    private var heap: [Event] = []
    private var planned: UInt64 = 0

    mutating func plan(_ kind: Kind, of host: Int, at time: ContinuousClock.Instant) {
        planned += 1
        heap.append(Event(at: time, order: planned, host: host, kind: kind))
        var index = heap.count - 1
        while index > 0 {
            let parent = (index - 1) / 2
            guard isBefore(index, parent) else { break }
            heap.swapAt(index, parent)
            index = parent
        }
    }

    /// Takes out what happens next; nil when nothing does.
    mutating func next() -> Event? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var index = 0
        while true {
            var least = index
            for child in 2 * index + 1...2 * index + 2
            where child < heap.count && isBefore(child, least) {
                least = child
            }
            guard least != index else { return first }
            heap.swapAt(index, least)
            index = least
        }
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        let (one, other) = (heap[one], heap[other])
        return one.at == other.at ? one.order < other.order : one.at < other.at
    }
}
