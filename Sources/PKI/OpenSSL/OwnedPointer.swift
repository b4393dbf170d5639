/// A C object that one owner frees, once.
struct OwnedPointer: ~Copyable {
    let raw: OpaquePointer
    private let free: (OpaquePointer) -> Void

    /// Nil where OpenSSL gave nothing.
    init?(_ raw: OpaquePointer?, free: @escaping (OpaquePointer) -> Void) {
        guard let raw else { return nil }
        self.raw = raw
        self.free = free
    }

    deinit {
        free(raw)
    }
}
