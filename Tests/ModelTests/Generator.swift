/// SplitMix64: the same numbers from the same seed, on every machine and for ever.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}

extension Step {
    /// A random step, which depends on none before it: any of a sequence can be left out.
    static func random(_ numbers: inout SplitMix64) -> Step {
        let certificate = Int.random(in: 0..<Model.count, using: &numbers)
        return switch Int.random(in: 0..<100, using: &numbers) {
        case 0..<20: .publish(certificate, .random(&numbers))
        case 20..<22: .disable(certificate)
        case 22..<25: .enable(certificate)
        case 25..<29: .damage(certificate)
        case 29..<35:
            .hooks(.random(&numbers), Bool.random(using: &numbers) ? .failure : .later)
        case 35..<44: .hooks(.random(&numbers), .success)
        case 44..<46: .restart
        case 46..<49:
            .kill(
                .deploying(certificate, &numbers),
                .random(&numbers),
                hook: Int.random(in: 1...3, using: &numbers)
            )
        case 49..<53: .run(.pin(certificate, isOver: Int.random(in: 0..<4, using: &numbers) == 0))
        case 53..<57: .run(.unpin(certificate))
        case 57..<61: .run(.retry(certificate))
        default: .run(.deploying(certificate, &numbers))
        }
    }
}

extension Command {
    fileprivate static func deploying(
        _ certificate: Int,
        _ numbers: inout SplitMix64
    ) -> Command {
        switch Int.random(in: 0..<20, using: &numbers) {
        case 0..<5:
            .rollback(
                certificate,
                .steps(Int.random(in: 1...2, using: &numbers)),
                pins: Bool.random(using: &numbers)
            )
        case 5:
            .rollback(
                certificate,
                .version(Int.random(in: 0...3, using: &numbers)),
                pins: Bool.random(using: &numbers)
            )
        case 6: .rollbackOfPass(pins: Bool.random(using: &numbers))
        case 7..<9: .sync(certificate)
        case 9..<13: .approve(certificate)
        default: .sync(nil)
        }
    }
}

extension Flaw {
    fileprivate static func random(_ numbers: inout SplitMix64) -> Flaw {
        switch Int.random(in: 0..<10, using: &numbers) {
        case 0..<5: .none
        // Often enough that one of them is seen, approved and live before the next comes.
        case 5..<7: [.expired, .notYetValid, .fewerNames].randomElement(using: &numbers) ?? .none
        default: allCases.randomElement(using: &numbers) ?? .none
        }
    }
}

extension Phase {
    fileprivate static func random(_ numbers: inout SplitMix64) -> Phase {
        allCases.randomElement(using: &numbers) ?? .reload
    }
}
