import Glibc
import Sensitive

/// Memory that grows while an answer arrives, up to a limit, and leaves no copy behind.
struct WipedBuffer: ~Copyable {
    let limit: Int
    private(set) var count = 0
    private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    init(limit: Int) {
        self.limit = limit
    }

    deinit {
        Self.release(memory)
    }

    /// Appends, or answers false and changes nothing when that would pass the limit.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= limit - count else { return false }
        if bytes.count > memory.count - count {
            grow(toHold: count + bytes.count)
        }
        UnsafeMutableRawBufferPointer(rebasing: memory[count...]).copyMemory(from: bytes)
        count += bytes.count
        return true
    }

    /// A copy of exactly what was appended.
    borrowing func contents() -> SensitiveBytes {
        SensitiveBytes(copying: UnsafeRawBufferPointer(rebasing: memory[..<count]))
    }

    /// Moves to larger memory by hand, because `realloc` may leave the old bytes where they were.
    private mutating func grow(toHold needed: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: min(limit, max(needed, memory.count * 2, 4096)),
            alignment: 16
        )
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
        Self.release(memory)
        memory = larger
    }

    private static func release(_ memory: UnsafeMutableRawBufferPointer) {
        guard let base = memory.baseAddress else { return }
        explicit_bzero(base, memory.count)
        memory.deallocate()
    }
}
