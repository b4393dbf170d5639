import Glibc

/// Bytes that must not be shown and must not outlive their use: a private key, a token, a password.
///
/// The memory is this object's own, never moves, is never grown, and is overwritten before it is
/// given back. Its description is `<redacted>`, also to `dump` and to string interpolation.
@safe package final class SensitiveBytes: Sendable {
    // Written only by the initialisers and by `deinit`; between them it is read-only, so sharing
    // it between threads is safe.
    private nonisolated(unsafe) let storage: UnsafeMutableRawBufferPointer

    /// How many bytes there are.
    package let count: Int

    /// A copy of `bytes`; the source stays the caller's to wipe.
    package convenience init(copying bytes: some Collection<UInt8>) {
        unsafe self.init(capacity: bytes.count) { buffer in
            unsafe buffer.copyBytes(from: bytes)
            return bytes.count
        }
    }

    /// Memory of `capacity` bytes that `initialize` fills; it returns how many of them count.
    ///
    /// What `initialize` throws is passed on, after what it wrote has been wiped.
    package init<Failure: Error>(
        capacity: Int,
        initializingWith initialize: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: capacity,
            alignment: 16
        )
        do {
            count = min(unsafe try initialize(memory), capacity)
            unsafe storage = memory
        } catch {
            unsafe Self.release(memory)
            throw error
        }
    }

    deinit {
        unsafe Self.release(storage)
    }

    /// Lends the bytes for the length of one call.
    package func withBytes<Result, Failure: Error>(
        _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let bytes = unsafe UnsafeBufferPointer(
            start: storage.baseAddress?.assumingMemoryBound(to: UInt8.self),
            count: count
        )
        return unsafe try body(bytes.span)
    }

    /// Lends the bytes to C for the length of one call.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe try body(UnsafeRawBufferPointer(rebasing: storage[..<count]))
    }

    /// Overwrites and frees; `explicit_bzero` because the compiler may drop a plain `memset`.
    private static func release(_ memory: UnsafeMutableRawBufferPointer) {
        if let base = memory.baseAddress {
            unsafe explicit_bzero(base, memory.count)
        }
        unsafe memory.deallocate()
    }
}

extension SensitiveBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<redacted>" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension SensitiveBytes: Equatable {
    /// Compares every byte whatever the first difference, so that timing tells nothing.
    package static func == (left: SensitiveBytes, right: SensitiveBytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withBytes { a in
            right.withBytes { b in
                var difference: UInt8 = 0
                for index in a.indices { difference |= a[index] ^ b[index] }
                return difference == 0
            }
        }
    }
}
