/// The part of MessagePack (<https://github.com/msgpack/msgpack/blob/master/spec.md>) that a log
/// record needs: arrays, maps, text and whole numbers, each in its shortest form.
struct MessagePack {
    private(set) var bytes: [UInt8] = []

    /// Begins an array; its elements follow.
    mutating func array(_ count: Int) {
        head(count, fix: 0x90, fixLimit: 16, one: nil, two: 0xDC, four: 0xDD)
    }

    /// Begins a map; its keys and values follow in turn.
    mutating func map(_ count: Int) {
        head(count, fix: 0x80, fixLimit: 16, one: nil, two: 0xDE, four: 0xDF)
    }

    mutating func text(_ text: String) {
        head(text.utf8.count, fix: 0xA0, fixLimit: 32, one: 0xD9, two: 0xDA, four: 0xDB)
        bytes += Array(text.utf8)
    }

    /// A number that isn't negative.
    mutating func number(_ number: UInt64) {
        switch number {
        case 0..<0x80: bytes.append(UInt8(number))
        case 0..<0x100: append(0xCC, number, width: 1)
        case 0..<0x1_0000: append(0xCD, number, width: 2)
        case 0..<0x1_0000_0000: append(0xCE, number, width: 4)
        default: append(0xCF, number, width: 8)
        }
    }

    private mutating func head(
        _ count: Int,
        fix: UInt8,
        fixLimit: Int,
        one: UInt8?,
        two: UInt8,
        four: UInt8
    ) {
        let count = UInt64(count)
        if count < fixLimit {
            bytes.append(fix | UInt8(count))
        } else if let one, count < 0x100 {
            append(one, count, width: 1)
        } else if count < 0x1_0000 {
            append(two, count, width: 2)
        } else {
            append(four, count, width: 4)
        }
    }

    private mutating func append(_ type: UInt8, _ number: UInt64, width: Int) {
        bytes.append(type)
        for index in (0..<width).reversed() {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * index)))
        }
    }
}
